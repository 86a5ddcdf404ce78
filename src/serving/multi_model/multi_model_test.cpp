#include "serving/test_house.h"

namespace gyre::serving::test {
namespace {

/// An endpoint of the models below "zoo/", at most two loaded at once.
struct Zoo {
    explicit Zoo(const std::string& most = "2") {
        for (const char* name : {"a.onnx", "b.onnx", "deep/c.onnx"}) {
            house.objects.objects["zoo/" + std::string(name)] = std::string("bytes of ") + name;
        }
        house.Must("CreateModel",
                   R"({"ModelName":"zoo","PrimaryContainer":{"Mode":"MultiModel","Image":")" +
                       std::string(kImage) + R"(","ModelDataUrl":"s3://models/zoo/",
                       "Environment":{"NAME":"m","GYRE_MULTI_MODEL_MAX_MODELS":")" +
                       most + "\"}}}");
        house.Deploy("e", {{.model = "zoo"}});
    }
    House::Answer Ask(const std::string& model, const std::string& variant = "") {
        wire::BufferedCall call;
        call.input = core::JsonObject{{"EndpointName", "e"}};
        if (!model.empty()) call.input.as_object()["TargetModel"] = model;
        if (!variant.empty()) call.input.as_object()["TargetVariant"] = variant;
        call.body = "x";
        auto promise = std::make_shared<std::promise<core::Result<net::Response>>>();
        auto future = promise->get_future();
        call.respond = [promise](core::Result<net::Response> response) {
            promise->set_value(std::move(response));
        };
        house.router->Invoke(std::move(call));
        return future;
    }
    /// The answer, while the controller steps.
    core::Result<net::Response> Invoke(const std::string& model, const std::string& variant = "") {
        auto answer = Ask(model, variant);
        house.StepUntil(
            "e", [&] { return answer.wait_for(core::seconds(0)) == std::future_status::ready; });
        return answer.get();
    }
    double Metric(const std::string& name) {
        for (const auto& sample : house.router->TakeMetrics()) {
            if (sample.series.metric == name) return sample.value.sum;
        }
        return -1;
    }
    House house;
};

TEST_CASE("a model is loaded when it is asked for, and stays") {
    Zoo zoo;
    CHECK(zoo.house.runner.Running() == 0);
    CHECK(zoo.house.Describe("e").at("ProductionVariants").at(0).at("CurrentInstanceCount") == 1);
    CHECK(zoo.Invoke("a.onnx")->body == "m: x");
    CHECK(zoo.Invoke("/a.onnx", "v")->body == "m: x");
    CHECK(zoo.house.runner.Starts("m") == 1);
    CHECK(zoo.Invoke("deep/c.onnx")->body == "m: x");
    CHECK(zoo.house.runner.Running() == 2);
    CHECK(zoo.Metric("LoadedModelCount") == 2);
}

TEST_CASE("the least recently used model makes room, and comes back when it is asked for") {
    Zoo zoo;
    for (const char* name : {"a.onnx", "b.onnx", "a.onnx", "deep/c.onnx"}) {
        zoo.house.clock.Advance(core::milliseconds(10));
        REQUIRE(zoo.Invoke(name));
    }
    zoo.house.StepUntil("e", [&] { return zoo.house.runner.Running() == 2; });
    CHECK(zoo.house.runner.Starts("m") == 3);
    CHECK(zoo.Invoke("a.onnx"));
    CHECK(zoo.house.runner.Starts("m") == 3);  // "b" went
    CHECK(zoo.Invoke("b.onnx"));
    CHECK(zoo.house.runner.Starts("m") == 4);
}

TEST_CASE("what cannot be loaded is told to who asks, and tried again after a while") {
    Zoo zoo;
    const auto absent = zoo.Invoke("d.onnx");
    REQUIRE_FALSE(absent);
    CHECK(absent.error().wire_name == "ValidationError");
    CHECK(absent.error().message.find("d.onnx") != std::string::npos);
    CHECK_FALSE(zoo.Ask("d.onnx").get());  // at once, for it is known
    CHECK(zoo.Invoke("a.onnx"));           // the others do not mind
    zoo.house.objects.objects["zoo/d.onnx"] = "bytes";
    zoo.house.clock.Advance(core::seconds(11));
    CHECK(zoo.Invoke("d.onnx"));
}

TEST_CASE("a model that takes too long is not ready") {
    Zoo zoo;
    zoo.house.runner.SetConduct("m", {.state = HostStatus::State::kLoading});
    auto answer = zoo.Ask("a.onnx");
    zoo.house.clock.Advance(zoo.house.wait_for_host - core::milliseconds(1));
    zoo.house.router->Retry("e");
    const auto refused = House::Get(std::move(answer));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().wire_name == "ModelNotReadyException");
    CHECK(refused.error().http_status == 429);
}

TEST_CASE("a model is named where there are many, and nowhere else") {
    Zoo zoo;
    CHECK(zoo.Ask("").get().error().message.find("name one as TargetModel") != std::string::npos);
    House house;
    house.Deploy("e", {{}});
    wire::BufferedCall call;
    call.input = core::JsonObject{{"EndpointName", "e"}, {"TargetModel", "a"}};
    std::promise<core::Result<net::Response>> promise;
    call.respond = [&](core::Result<net::Response> response) { promise.set_value(response); };
    house.router->Invoke(std::move(call));
    CHECK(promise.get_future().get().error().message.find("no multi-model") != std::string::npos);
}

TEST_CASE("after a restart the models are loaded again as they are asked for") {
    Zoo zoo;
    REQUIRE(zoo.Invoke("a.onnx"));
    zoo.house.End();
    zoo.house.Begin();
    auto answer = zoo.Ask("a.onnx", "v");  // before the controller's first step
    zoo.house.StepUntil(
        "e", [&] { return answer.wait_for(core::seconds(0)) == std::future_status::ready; });
    CHECK(answer.get()->body == "m: x");
}

TEST_CASE("a deleted endpoint lets all its models go") {
    Zoo zoo;
    REQUIRE(zoo.Invoke("a.onnx"));
    zoo.house.Must("DeleteEndpoint", R"({"EndpointName":"e"})");
    zoo.house.StepUntil("e", [&] { return zoo.house.runner.Running() == 0; });
}

}  // namespace
}  // namespace gyre::serving::test
