// The whole room behind its front, with real time and controllers that run by themselves.
#include "serving/serving.h"

#include "serving/test_house.h"

namespace gyre::serving::test {
namespace {

struct Front {
    Front() {
        database = db::Database::Open(folder.Path() / "gyre.db").value();
        catalog = catalog::OpenCatalog(*database, core::SystemClock()).value();
        logs = jobs::LogStore::Open(folder.Path() / "logs", core::SystemClock()).value();
        objects.objects["m.onnx"] = "weights";
        Open();
    }
    void Open() {
        ServingOptions options;
        options.catalog = catalog.get();
        options.database = database.get();
        options.objects = &objects;
        options.logs = logs.get();
        options.runner = &runner;
        options.clock = &core::SystemClock();
        options.loop = &loop;
        options.metrics = &metrics;
        options.data_directory = folder.Path() / "data";
        options.host_program = "gyre-host";
        options.account = "000000000000";
        options.region = "us-east-1";
        serving = Serving::Open(std::move(options)).value();
        table = std::make_unique<wire::ActionTable>();
        serving->AddActions(*table);
        REQUIRE(serving->Start());
    }
    core::Result<core::Json> Call(const std::string& operation, const std::string& input) {
        wire::CallContext context;
        context.region = "us-east-1";
        context.caller.account = "000000000000";
        return table->Find("sagemaker", operation)->document(context, *core::ParseJson(input));
    }
    core::Result<net::Response> Invoke(const std::string& body) {
        wire::BufferedCall call;
        call.input = core::JsonObject{{"EndpointName", "e"}};
        call.body = body;
        auto promise = std::make_shared<std::promise<core::Result<net::Response>>>();
        call.respond = [promise](core::Result<net::Response> response) {
            promise->set_value(std::move(response));
        };
        auto answer = promise->get_future();
        const wire::Action* action = table->Find("sagemaker-runtime", "InvokeEndpoint");
        loop.Post([&action, call = std::make_shared<wire::BufferedCall>(std::move(call))] {
            action->buffered(std::move(*call));
        });
        return House::Get(std::move(answer));
    }
    void WaitFor(const std::function<bool()>& wanted) {
        const auto give_up = std::chrono::steady_clock::now() + core::seconds(20);
        while (!wanted()) {
            REQUIRE(std::chrono::steady_clock::now() < give_up);
            std::this_thread::yield();
        }
    }
    /// The model "m", which answers with its name.
    void PutModel() {
        REQUIRE(Call("CreateModel", R"({"ModelName": "m", "PrimaryContainer": {"Image": "gyre/any",
            "ModelDataUrl": "s3://models/m.onnx", "Environment": {"NAME": "m"}}})"));
    }
    /// One variant, of that model.
    void PutConfig(const std::string& name, int instances = 1) {
        REQUIRE(Call("CreateEndpointConfig", R"({"EndpointConfigName": ")" + name +
                                                 R"(", "ProductionVariants": [{"VariantName": "v",
            "ModelName": "m", "InitialInstanceCount": )" +
                                                 std::to_string(instances) + "}]}"));
    }
    /// The endpoint "e" of that model; does not wait for it.
    void Deploy(int instances = 1) {
        PutModel();
        PutConfig("c", instances);
        REQUIRE(Call("CreateEndpoint", House::Names("e", "c")));
    }
    std::string Status() {
        const auto described = Call("DescribeEndpoint", R"({"EndpointName": "e"})");
        return described ? std::string(described->at("EndpointStatus").as_string()) : "gone";
    }

    core::TempDir folder;
    std::unique_ptr<db::Database> database;
    std::unique_ptr<catalog::Catalog> catalog;
    std::unique_ptr<jobs::LogStore> logs;
    FakeObjects objects;
    FakeRunner runner;
    net::IoLoop loop;
    core::MetricsRegistry metrics;
    std::unique_ptr<Serving> serving;
    std::unique_ptr<wire::ActionTable> table;
};

TEST_CASE("from a model to an answer, through death, restart and deletion") {
    Front front;
    front.Deploy(2);
    front.WaitFor([&] { return front.Status() == "InService"; });
    CHECK(front.Invoke("x")->body == "m: x");

    const std::string metrics = front.serving->Metrics();
    CHECK(metrics ==
          "# HELP a_total A.\n# TYPE a_total counter\n"
          "a_total{variant=\"v\"} 1\na_total{variant=\"v\"} 1\n");
    CHECK(front.metrics.PrometheusText().find("gyre_invocations_total{endpoint=\"e\"} 1") !=
          std::string::npos);

    front.runner.Kill("m");
    CHECK(front.Invoke("y")->body == "m: y");
    front.WaitFor([&] { return front.runner.Starts("m") == 3; });

    front.serving->Stop();
    CHECK(front.runner.Running() == 0);
    CHECK(front.Invoke("z").error().wire_name == "ServiceUnavailable");
    front.serving = nullptr;
    front.Open();
    CHECK(front.Status() == "InService");
    CHECK(front.Invoke("z")->body == "m: z");  // it waited for a host

    REQUIRE(front.Call("DeleteEndpoint", R"({"EndpointName": "e"})"));
    front.WaitFor([&] { return front.Status() == "gone"; });
    front.WaitFor([&] { return front.runner.Running() == 0; });
}

TEST_CASE("a host whose connection breaks while it loads is not waited for") {
    Front front;
    front.runner.SetConduct("m", {.state = HostStatus::State::kLoading, .reason = {}});
    front.Deploy();
    front.WaitFor([&] { return front.runner.Starts("m") == 1 && front.runner.Host("m")->Met(); });
    front.runner.SetConduct("m", {});
    front.runner.Host("m")->Stop();  // and its program goes on
    front.WaitFor([&] { return front.Status() == "InService"; });
    CHECK(front.runner.Starts("m") == 2);
    CHECK(front.runner.Running() == 1);
}

TEST_CASE("a model whose download throws fails its endpoint") {
    Front front;
    front.objects.throws = "m.onnx";
    front.Deploy();
    front.WaitFor([&] { return front.Status() == "Failed"; });
    const auto described = front.Call("DescribeEndpoint", R"({"EndpointName": "e"})");
    CHECK(std::string(described->at("FailureReason").as_string()).find("no memory is left") !=
          std::string::npos);
}

TEST_CASE("many endpoints come, change and go at once") {
    Front front;
    front.PutModel();
    for (const char* config : {"c", "d"}) front.PutConfig(config);
    constexpr int kEndpoints = 12;
    const auto name = [](int i) { return "e" + std::to_string(i); };
    const auto count = [&](const std::string& status) {
        const auto list = front.Call("ListEndpoints",
                                     R"({"MaxResults": 100, "StatusEquals": ")" + status + "\"}");
        return list->at("Endpoints").as_array().size();
    };
    for (int i = 0; i < kEndpoints; i++) {
        REQUIRE(front.Call("CreateEndpoint", House::Names(name(i), "c")));
    }
    front.WaitFor([&] { return count("InService") == kEndpoints; });
    for (int i = 0; i < kEndpoints; i++) {
        if (i % 2 == 0) {
            REQUIRE(front.Call("UpdateEndpoint", House::Names(name(i), "d")));
        } else {
            REQUIRE(front.Call("DeleteEndpoint", R"({"EndpointName": ")" + name(i) + "\"}"));
        }
    }
    front.WaitFor([&] { return count("InService") == kEndpoints / 2; });
    front.WaitFor([&] { return front.runner.Running() == kEndpoints / 2; });
    CHECK(count("Deleting") == 0);
}

TEST_CASE("sockets have short paths however long the data folder's is") {
    Front front;
    front.serving = nullptr;
    front.table = nullptr;
    ServingOptions options;
    options.catalog = front.catalog.get();
    options.database = front.database.get();
    options.objects = &front.objects;
    options.logs = front.logs.get();
    options.runner = &front.runner;
    options.clock = &core::SystemClock();
    options.loop = &front.loop;
    options.data_directory = front.folder.Path() / std::string(120, 'd');
    options.host_program = "gyre-host";
    options.account = "000000000000";
    options.region = "us-east-1";
    front.serving = Serving::Open(std::move(options)).value();
    front.table = std::make_unique<wire::ActionTable>();
    front.serving->AddActions(*front.table);
    REQUIRE(front.serving->Start());
    front.Deploy();
    front.WaitFor([&] { return front.Status() == "InService"; });
}

}  // namespace
}  // namespace gyre::serving::test
