#pragma once

#include <doctest/doctest.h>

#include <boost/json.hpp>

#include <atomic>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

#include "core/temp_dir.h"
#include "db/database.h"
#include "net/string_body.h"
#include "serving/actions.h"
#include "serving/endpoint_controller.h"
#include "serving/test_host.h"

namespace gyre::serving::test {

/// Objects in memory.
class FakeObjects final : public objects::ObjectStore {
  public:
    class Body final : public net::BodyReader {
      public:
        explicit Body(std::string text) : text_(std::move(text)) {}
        core::Result<size_t> Read(std::span<char> into) override {
            const size_t size = text_.copy(into.data(), std::min<size_t>(into.size(), 7), at_);
            at_ += size;
            return size;
        }
        std::optional<uint64_t> Length() const override { return text_.size(); }

      private:
        const std::string text_;
        size_t at_ = 0;
    };

    std::map<std::string, std::string> objects;  ///< by key, in bucket "models"
    std::string throws;                          ///< the key of one that cannot even be asked for
    std::atomic<int> gets = 0;
    /// Content type and bytes of what was put, by key, in bucket "out".
    core::Guarded<std::map<std::string, std::pair<std::string, std::string>>> put;

    core::Result<objects::ObjectInfo> Head(const std::string& bucket,
                                           const std::string& key) override {
        const auto found = objects.find(key);
        if (bucket != "models" || found == objects.end()) {
            return core::Fail(core::Code::kNotFound, "NoSuchKey",
                              "The specified key does not exist.");
        }
        objects::ObjectInfo info;
        info.bucket = bucket;
        info.key = key;
        info.size = found->second.size();
        return info;
    }
    core::Result<objects::ObjectData> Get(const std::string& bucket,
                                          const std::string& key) override {
        GYRE_ASSIGN(objects::ObjectInfo info, Head(bucket, key));
        if (key == throws) throw std::runtime_error("no memory is left");
        gets++;
        return objects::ObjectData{std::move(info), std::make_unique<Body>(objects.at(key))};
    }
    core::Result<objects::ObjectInfo> Put(const std::string& bucket, const std::string& key,
                                          net::BodyReader& body,
                                          const std::string& content_type) override {
        if (bucket != "out") {
            return core::Fail(core::Code::kNotFound, "NoSuchBucket",
                              "The specified bucket does not exist.");
        }
        GYRE_ASSIGN(std::string text, net::ReadAll(body));
        (*put.Lock())[key] = {content_type, std::move(text)};
        return objects::ObjectInfo{};
    }
    core::Status Delete(const std::string&, const std::string& key) override {
        objects.erase(key);
        return {};
    }
    core::Result<std::vector<objects::ObjectInfo>> List(const std::string& bucket,
                                                        const std::string& prefix,
                                                        const std::string& start_after,
                                                        int limit) override {
        std::vector<objects::ObjectInfo> list;
        for (const auto& [key, text] : objects) {
            if (!key.starts_with(prefix) || key <= start_after) continue;
            if (list.size() == static_cast<size_t>(limit)) break;
            list.push_back(*Head(bucket, key));
        }
        return list;
    }
    core::Status CreateBucket(const std::string&) override { return {}; }
};

inline std::string Text(const core::Json& json, std::string_view member) {
    return std::string(core::JsonString(json, member).value_or("(none)"));
}

inline constexpr const char* kImage =
    "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-inference:2.6.0-cpu-py312";

/// Endpoints without a server: actions on a real catalog, and a controller that is stepped by hand
/// while time stands still.
struct House {
    House() {
        database = db::Database::Open(folder.Path() / "gyre.db").value();
        catalog = catalog::OpenCatalog(*database, clock).value();
        logs = jobs::LogStore::Open(folder.Path() / "logs", clock).value();
        AddModelActions(table, *catalog);
        AddEndpointConfigActions(table, *catalog);
        AddEndpointActions(table, *catalog);
        AddTagActions(table, *catalog);
        Begin();
    }
    ~House() { End(); }

    /// What is in memory only is made anew by End and Begin, as by a restart.
    void Begin() {
        std::filesystem::create_directories(folder.Path() / "run");
        models = ModelStore::Open({.directory = folder.Path() / "models",
                                   .objects = &objects,
                                   .files = &core::RealFileSystem(),
                                   .limits = {}})
                     .value();
        loop = std::make_unique<net::IoLoop>();
        pool = std::make_unique<core::WorkerPool>("test", 2, 1000);
        router = std::make_unique<Router>(RouterOptions{.place = {"us-east-1", "000000000000"},
                                                        .loop = loop.get(),
                                                        .clock = &clock,
                                                        .metrics = nullptr,
                                                        .wait_for_host = wait_for_host});
        capture = capture::CaptureWriter::Start(
            {.objects = &objects, .loop = loop.get(), .clock = &clock, .most_bytes = 100'000});
        judge = std::make_shared<shadow::ShadowJudge>(*logs, clock);
        environment.host = {.runner = &runner,
                            .logs = logs.get(),
                            .loop = loop.get(),
                            .clock = &clock,
                            .program = "gyre-host",
                            .run_directory = folder.Path() / "run"};
        environment.models = models.get();
        environment.downloads = environment.stops = pool.get();
        controller = std::make_unique<EndpointController>(
            *catalog, *router, environment, [](const std::string&) {},
            EndpointController::Company{.capture = capture, .judge = judge});
        REQUIRE(controller->AnnounceAll());
    }
    void End() {
        if (controller == nullptr) return;
        router->Stop();
        controller->StopHosts();
        pool->Stop();
        capture->Stop();
        judge->Stop();
        controller = nullptr;
        router = nullptr;
        loop->Stop();
        loop = nullptr;
    }

    core::Result<core::Json> Call(const std::string& operation, const std::string& input) {
        const wire::Action* action = table.Find("sagemaker", operation);
        REQUIRE(action != nullptr);
        wire::CallContext context;
        context.region = "us-east-1";
        context.caller.account = "000000000000";
        auto json = core::ParseJson(input);
        REQUIRE_MESSAGE(json, input);
        return action->document(context, std::move(*json));
    }
    core::Json Must(const std::string& operation, const std::string& input) {
        auto output = Call(operation, input);
        REQUIRE_MESSAGE(output, operation << ": " << output.error().ToString());
        return std::move(*output);
    }
    std::string Refusal(const std::string& operation, const std::string& input) {
        const auto output = Call(operation, input);
        REQUIRE_FALSE(output);
        return output.error().wire_name + ": " + output.error().message;
    }

    /// A model whose hosts answer "NAME: body", from an archive-less image unless `data` is given.
    void PutModel(const std::string& name, const std::string& data = "m.onnx") {
        objects.objects.try_emplace(data, "bytes of " + data);
        Must("CreateModel", R"({"ModelName":")" + name + R"(","PrimaryContainer":{"Image":")" +
                                kImage + R"(","ModelDataUrl":"s3://models/)" + data +
                                R"(","Environment":{"NAME":")" + name + R"("}}})");
    }
    struct VariantOf {
        std::string name = "v";
        std::string model = "m";
        int count = 1;
        double weight = 1;
    };
    /// `more`: further members of the configuration, each with a comma before it.
    void PutConfig(const std::string& name, const std::vector<VariantOf>& variants,
                   const std::string& more = "") {
        std::string list;
        for (const VariantOf& variant : variants) {
            if (!catalog->Get("sagemaker.model", variant.model)) PutModel(variant.model);
            list += (list.empty() ? "" : ",") + std::string(R"({"VariantName":")") + variant.name +
                    R"(","ModelName":")" + variant.model + R"(","InitialInstanceCount":)" +
                    std::to_string(variant.count) + R"(,"InitialVariantWeight":)" +
                    std::to_string(variant.weight) + "}";
        }
        Must("CreateEndpointConfig", R"({"EndpointConfigName":")" + name +
                                         R"(","ProductionVariants":[)" + list + "]" + more + "}");
    }
    void CreateEndpoint(const std::string& name, const std::string& config) {
        Must("CreateEndpoint", Names(name, config));
    }
    void UpdateEndpoint(const std::string& name, const std::string& config) {
        Must("UpdateEndpoint", Names(name, config));
    }
    static std::string Names(const std::string& name, const std::string& config) {
        return R"({"EndpointName":")" + name + R"(","EndpointConfigName":")" + config + R"("})";
    }
    core::Json Describe(const std::string& name) {
        return Must("DescribeEndpoint", R"({"EndpointName":")" + name + R"("})");
    }
    std::string StatusOf(const std::string& name) {
        return std::string(core::JsonString(Describe(name), "EndpointStatus").value_or(""));
    }

    /// Steps, a little later each time, until it is as wanted.
    void StepUntil(const std::string& name, const std::function<bool()>& wanted) {
        const auto give_up = std::chrono::steady_clock::now() + core::seconds(120);
        while (true) {
            const auto again = controller->Reconcile(name);
            REQUIRE_MESSAGE(again, again.error().ToString());
            if (wanted()) return;
            REQUIRE_MESSAGE(std::chrono::steady_clock::now() < give_up, "it never came to that");
            clock.Advance(core::milliseconds(20));
            std::this_thread::sleep_for(
                core::microseconds(100));  // what hosts answer takes its time
        }
    }
    void StepUntilStatus(const std::string& name, const std::string& status) {
        StepUntil(name, [&] { return StatusOf(name) == status; });
    }
    void Deploy(const std::string& endpoint, const std::vector<VariantOf>& variants,
                const std::string& more = "") {
        PutConfig(endpoint, variants, more);
        CreateEndpoint(endpoint, endpoint);
        StepUntilStatus(endpoint, "InService");
    }

    using Answer = std::future<core::Result<net::Response>>;
    Answer Ask(const std::string& endpoint, const std::string& body,
               std::map<std::string, std::string> headers = {}, const std::string& target = "") {
        wire::BufferedCall call;
        call.input = core::JsonObject{{"EndpointName", endpoint}};
        if (!target.empty()) call.input.as_object()["TargetVariant"] = target;
        call.body = body;
        for (auto& [name, value] : headers) call.head.headers.Add(name, value);
        auto promise = std::make_shared<std::promise<core::Result<net::Response>>>();
        auto future = promise->get_future();
        call.respond = [promise](core::Result<net::Response> response) {
            promise->set_value(std::move(response));
        };
        router->Invoke(std::move(call));
        return future;
    }
    static core::Result<net::Response> Get(Answer answer) {
        REQUIRE(answer.wait_for(core::seconds(120)) == std::future_status::ready);
        return answer.get();
    }
    core::Result<net::Response> Invoke(const std::string& endpoint, const std::string& body,
                                       std::map<std::string, std::string> headers = {},
                                       const std::string& target = "") {
        return Get(Ask(endpoint, body, std::move(headers), target));
    }

    core::TempDir folder;
    core::FakeClock clock;
    core::milliseconds wait_for_host{20'000};
    std::unique_ptr<db::Database> database;
    std::unique_ptr<catalog::Catalog> catalog;
    std::unique_ptr<jobs::LogStore> logs;
    FakeObjects objects;
    FakeRunner runner;
    wire::ActionTable table;
    std::unique_ptr<ModelStore> models;
    std::unique_ptr<net::IoLoop> loop;
    std::unique_ptr<core::WorkerPool> pool;
    std::unique_ptr<Router> router;
    FleetEnvironment environment;
    std::shared_ptr<capture::CaptureWriter> capture;
    std::shared_ptr<shadow::ShadowJudge> judge;
    std::unique_ptr<EndpointController> controller;
};

}  // namespace gyre::serving::test
