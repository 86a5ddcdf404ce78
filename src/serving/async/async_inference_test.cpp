#include "serving/async/async_inference.h"

#include <atomic>

#include "db/database.h"
#include "serving/test_house.h"

using namespace gyre;
using namespace gyre::serving;
using namespace gyre::serving::async;

namespace gyre::serving::test {
namespace {

constexpr const char* kAsync =
    R"(,"AsyncInferenceConfig":{"ClientConfig":{"MaxConcurrentInvocationsPerInstance":2},
        "OutputConfig":{"S3OutputPath":"s3://out/ok","S3FailurePath":"s3://out/bad",
        "NotificationConfig":{"SuccessTopic":"arn:aws:sns:us-east-1:000000000000:yes",
                              "ErrorTopic":"arn:aws:sns:us-east-1:000000000000:no"}}})";

/// A database that can be read only now and then.
class Faltering final : public db::Database {
  public:
    explicit Faltering(db::Database& inner) : inner_(inner) {}
    core::Status Write(const std::function<core::Status(db::Transaction&)>& work) override {
        return inner_.Write(work);
    }
    core::Status Read(const std::function<core::Status(db::Transaction&)>& work) override {
        if (!away) return inner_.Read(work);
        refused++;
        return core::Fail(core::Code::kUnavailable, "the database is away");
    }
    core::Status Migrate(std::string_view room,
                         const std::vector<db::Migration>& migrations) override {
        return inner_.Migrate(room, migrations);
    }
    core::Status CheckIntegrity() override { return inner_.CheckIntegrity(); }

    std::atomic<bool> away{false};
    std::atomic<int> refused{0};

  private:
    db::Database& inner_;
};

struct AsyncHouse {
    AsyncHouse() : database(*house.database), topics(*house.logs) { Open(); }
    ~AsyncHouse() { async->Stop(); }
    void Open() {
        async = AsyncInference::Open({.router = house.router.get(),
                                      .objects = &house.objects,
                                      .database = &database,
                                      .loop = house.loop.get(),
                                      .clock = &house.clock,
                                      .topics = &topics,
                                      .place = {"us-east-1", "000000000000"}})
                    .value();
        REQUIRE(async->Start());
    }
    core::Result<net::Response> Send(const std::string& body, const std::string& more = "") {
        wire::BufferedCall call;
        call.context.service = "sagemaker-runtime";
        call.context.operation = "InvokeEndpointAsync";
        call.input = *core::ParseJson(R"({"EndpointName":"e")" + more + "}");
        call.body = body;
        auto promise = std::make_shared<std::promise<core::Result<net::Response>>>();
        auto answer = promise->get_future();
        call.respond = [promise](core::Result<net::Response> response) {
            promise->set_value(std::move(response));
        };
        async->Accept(std::move(call));
        return House::Get(std::move(answer));
    }
    /// The object's text, once it is there.
    std::string Put(const std::string& location) {
        std::string text;
        Until([&] {
            auto put = house.objects.put.Lock();
            const auto found = put->find(location.substr(std::string("s3://out/").size()));
            if (found == put->end()) return false;
            text = found->second.second;
            return true;
        });
        return text;
    }
    static void Until(const std::function<bool()>& wanted) {
        const auto give_up = std::chrono::steady_clock::now() + core::seconds(20);
        while (!wanted()) {
            REQUIRE(std::chrono::steady_clock::now() < give_up);
            std::this_thread::sleep_for(core::milliseconds(1));
        }
    }
    double Metric(const std::string& name) {
        for (const auto& sample : async->TakeMetrics()) {
            if (sample.series.metric == name) return sample.value.sum;
        }
        return -1;
    }

    House house;
    Faltering database;
    jobs::TopicLog topics;
    std::unique_ptr<AsyncInference> async;
};

std::string Header(const core::Result<net::Response>& response, const char* name) {
    REQUIRE_MESSAGE(response, response.error().ToString());
    CHECK(response->status == 202);
    return std::string(response->headers.Get(name));
}

constexpr const char* kOutput = "X-Amzn-SageMaker-OutputLocation";
constexpr const char* kFailure = "X-Amzn-SageMaker-FailureLocation";

TEST_CASE("an answer is put, a refusal is put elsewhere, and the topics are told") {
    AsyncHouse async;
    async.house.Deploy("e", {{}}, kAsync);
    async.house.objects.objects["in"] = "from S3";
    const auto taken = async.Send("", R"(,"InputLocation":"s3://models/in","InferenceId":"mine")");
    CHECK(taken->body == R"({"InferenceId":"mine"})");
    CHECK(async.Put(Header(taken, kOutput)) == "m: from S3");
    CHECK(async.Put(Header(async.Send("inline"), kOutput)) == "m: inline");
    CHECK(async.Put(Header(async.Send("fail"), kFailure)).find("Received server error (500)") !=
          std::string::npos);
    const auto gone = async.Send("", R"(,"InputLocation":"s3://models/absent")");
    CHECK(async.Put(Header(gone, kFailure)).find("does not exist") != std::string::npos);
    async.Until([&] {
        return async.house.logs->Tail("/gyre/topics/yes", "messages", 9).size() == 2 &&
               async.house.logs->Tail("/gyre/topics/no", "messages", 9).size() == 2;
    });
    // Nobody gets an answer at once.
    CHECK_FALSE(async.house.Invoke("e", "x"));
}

TEST_CASE("what is no asynchronous endpoint is refused") {
    AsyncHouse async;
    CHECK(async.Send("x").error().message.find("not found") != std::string::npos);
    async.house.Deploy("e", {{}});
    CHECK(async.Send("x").error().message.find("no AsyncInferenceConfig") != std::string::npos);
}

TEST_CASE("no more are at a host than it was said to take, and a restart forgets none") {
    AsyncHouse async;
    async.house.runner.SetConduct("m", {.silent = true});
    async.house.Deploy("e", {{}}, kAsync);
    std::vector<std::string> outputs;
    for (int i = 0; i < 5; i++) outputs.push_back(Header(async.Send("x"), kOutput));
    async.Until([&] { return async.house.runner.Host("m")->Kept() == 2; });
    CHECK(async.Metric("ApproximateBacklogSize") == 3);
    CHECK(async.Metric("ApproximateBacklogSizePerInstance") == 3);
    CHECK(async.house.runner.Host("m")->Kept() == 2);

    async.async->Stop();
    async.async = nullptr;
    async.house.runner.Host("m")->Become({});
    async.Open();
    for (const std::string& output : outputs) CHECK(async.Put(output) == "m: x");
    async.Until([&] { return async.Metric("ApproximateBacklogSize") == 0; });
}

TEST_CASE("a request that cannot be read while the database is away is answered when it is back") {
    AsyncHouse async;
    async.house.Deploy("e", {{}}, kAsync);
    async.database.away = true;
    const std::string output = Header(async.Send("x"), kOutput);
    async.Until([&] { return async.database.refused > 0; });
    async.database.away = false;
    CHECK(async.Put(output) == "m: x");
    async.Until([&] { return async.Metric("ApproximateBacklogSize") == 0; });
}

TEST_CASE("a request expires in the queue, and a deleted endpoint's are given up") {
    AsyncHouse async;
    async.house.runner.SetConduct("m", {.silent = true});
    async.house.Deploy("e", {{}}, kAsync);
    for (int i = 0; i < 2; i++) CHECK(async.Send("x"));
    async.Until([&] { return async.house.runner.Host("m")->Kept() == 2; });
    const std::string brief = Header(async.Send("x", R"(,"RequestTTLSeconds":60)"), kFailure);
    const std::string longer = Header(async.Send("x"), kFailure);
    async.house.clock.Advance(core::seconds(61));
    CHECK(async.Put(brief).find("RequestTTLSeconds") != std::string::npos);
    async.Until([&] { return async.Metric("InvocationsExpired") == 1; });
    async.house.Must("DeleteEndpoint", R"({"EndpointName":"e"})");
    REQUIRE(async.house.controller->Reconcile("e"));
    CHECK(async.Put(longer).find("The endpoint was deleted.") != std::string::npos);
    async.house.runner.Host("m")->AnswerKept();
}

TEST_CASE("a host that dies under a request three times has had its chances") {
    AsyncHouse async;
    async.house.runner.SetConduct("m", {.silent = true});
    async.house.Deploy("e", {{}}, kAsync);
    const std::string failure = Header(async.Send("poison"), kFailure);
    for (int i = 0; i < 3; i++) {
        async.house.StepUntil("e", [&] { return async.house.runner.Host("m")->Kept() == 1; });
        async.house.runner.Kill("m");
        async.house.StepUntil("e", [&] { return async.house.runner.Starts("m") == i + 2; });
    }
    CHECK(async.Put(failure).find("The model's host ended before it answered.") !=
          std::string::npos);
}

}  // namespace
}  // namespace gyre::serving::test
