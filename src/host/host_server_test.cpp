#include "host/host_server.h"

#include <doctest/doctest.h>

#include <boost/json.hpp>

#include "core/temp_dir.h"
#include "host/fake_model.h"
#include "host/host_client.h"

namespace gyre::host {
namespace {

using core::Code;
using serving::HostFrame;
using serving::HostStatus;

struct Bench {
    explicit Bench(Loader load, std::map<std::string, std::string> environment = {}) {
        serving::HostSpec spec;
        spec.endpoint = "e";
        spec.variant = "v";
        spec.instance = "i";
        spec.model_directory = folder.Path();
        spec.environment = std::move(environment);
        spec.threads = 2;
        socket = folder.Path() / "host.sock";
        auto started = HostServer::Start(
            {.socket = socket, .spec = spec, .load = std::move(load), .on_log = {}});
        REQUIRE(started);
        server = std::move(*started);
    }
    HostClient Connect() {
        auto client = net::FrameClient::Connect(socket);
        REQUIRE(client);
        return HostClient(std::move(*client));
    }

    core::TempDir folder;
    std::string socket;
    std::unique_ptr<HostServer> server;
};

Loader Fake(FakeModel** made = nullptr) {
    return [made](const engine::LoadOptions&) -> core::Result<std::unique_ptr<engine::Model>> {
        auto model = std::make_unique<FakeModel>(FakeModel::Options{});
        if (made) *made = model.get();
        return model;
    };
}

TEST_CASE("a host answers while it loads, then serves") {
    std::promise<void> go;
    Bench bench([wait = go.get_future().share()](
                    const engine::LoadOptions&) -> core::Result<std::unique_ptr<engine::Model>> {
        wait.wait();
        return std::make_unique<FakeModel>(FakeModel::Options{});
    });
    HostClient client = bench.Connect();
    CHECK(client.Status()->state == HostStatus::State::kLoading);
    const auto early = client.Invoke({}, "x");
    REQUIRE(early);
    CHECK(early->head.error->code == Code::kUnavailable);
    CHECK(early->head.error->details.count("Retry-After") == 1);

    go.set_value();
    const auto status = client.StatusWhenLoaded();
    REQUIRE(status);
    CHECK(status->state == HostStatus::State::kReady);
    CHECK(core::JsonString(status->model, "platform") == "fake");
    CHECK(core::JsonString(status->model, "batching_chosen_by") == "measurement");

    serving::InvokeHead head;
    head.trace = true;
    head.waited_us = 1'000'000;
    const auto answer = client.Invoke(head, "hello");
    REQUIRE(answer);
    CHECK_FALSE(answer->head.error);
    CHECK(answer->body == "hello");
    REQUIRE(answer->head.trace);
    CHECK(answer->head.trace->batch_size == 1);
    CHECK(answer->head.trace->queue_us >= 1'000'000);
    CHECK_FALSE(client.Invoke({}, "no trace")->head.trace);
}

TEST_CASE("a model that takes whole bodies refuses streams") {
    Bench bench(Fake());
    HostClient client = bench.Connect();
    REQUIRE(client.StatusWhenLoaded()->state == HostStatus::State::kReady);
    serving::InvokeHead head;
    head.streamed = true;
    CHECK(client.Invoke(head, "")->head.error->code == Code::kInvalidArgument);
    head.request_id = "a";
    const auto answer = client.Invoke(head, "");
    REQUIRE(answer);
    CHECK(answer->head.error->code == Code::kUnimplemented);
    CHECK(client.Call(HostFrame::kPart, serving::EncodeStreamHead({.request_id = "a"}))
              ->head.empty());
}

TEST_CASE("the model gets the request's metadata and its user's knobs") {
    engine::LoadOptions seen;
    Bench bench(
        [&](const engine::LoadOptions& options) -> core::Result<std::unique_ptr<engine::Model>> {
            seen = options;
            return std::make_unique<FakeModel>(FakeModel::Options{});
        },
        {{"SAGEMAKER_TS_MAX_WORKERS", "3"},
         {"SAGEMAKER_TS_RESPONSE_TIMEOUT", "7"},
         {"GYRE_PRECISION", "bf16"},
         {"GYRE_ACCURACY_TOLERANCE", "0.5"},
         {"OWN", "1"}});
    REQUIRE(bench.Connect().StatusWhenLoaded());
    CHECK(seen.directory == bench.folder.Path());
    CHECK(seen.workers == 3);
    CHECK(seen.threads == 2);
    CHECK(seen.response_timeout == core::seconds(7));
    CHECK(seen.precision == "bf16");
    CHECK(seen.accuracy_tolerance == 0.5);
    CHECK(seen.environment.at("OWN") == "1");
}

TEST_CASE("a load that fails, throws or meets a bad knob says so for good") {
    const auto failing = [](const engine::LoadOptions&) {
        return core::Result<std::unique_ptr<engine::Model>>(
            core::Fail(Code::kInvalidArgument, "nothing loadable"));
    };
    const auto throwing =
        [](const engine::LoadOptions&) -> core::Result<std::unique_ptr<engine::Model>> {
        throw std::runtime_error("out of luck");
    };
    struct Case {
        Loader load;
        std::map<std::string, std::string> environment;
        const char* reason;
    };
    const Case cases[] = {
        {failing, {}, "nothing loadable"},
        {throwing, {}, "out of luck"},
        {Fake(), {{"SAGEMAKER_TS_BATCH_SIZE", "many"}}, "SAGEMAKER_TS_BATCH_SIZE"}};
    for (const Case& test : cases) {
        CAPTURE(test.reason);
        Bench bench(test.load, test.environment);
        HostClient client = bench.Connect();
        const auto status = client.StatusWhenLoaded();
        REQUIRE(status);
        CHECK(status->state == HostStatus::State::kFailed);
        CHECK(status->reason.find(test.reason) != std::string::npos);
        const auto answer = client.Invoke({}, "x");
        REQUIRE(answer);
        CHECK(answer->head.error->code == Code::kFailedPrecondition);
    }
}

TEST_CASE("errors, bad heads and unknown kinds are answered as such") {
    Bench bench(Fake());
    HostClient client = bench.Connect();
    REQUIRE(client.StatusWhenLoaded());
    CHECK(client.Invoke({}, "refuse")->head.error->code == Code::kInvalidArgument);
    CHECK(client.Invoke({}, "throw")->head.error->code == Code::kInternal);

    const auto malformed = client.Call(HostFrame::kInvoke, "not a head", "x");
    REQUIRE(malformed);
    CHECK(serving::DecodeReplyHead(malformed->head)->error->code == Code::kInvalidArgument);
    const auto unknown = client.Call(static_cast<HostFrame>(77));
    REQUIRE(unknown);
    CHECK(serving::DecodeReplyHead(unknown->head)->error->code == Code::kUnimplemented);

    serving::InvokeHead eternal;
    eternal.waited_us = ~uint64_t{0};
    eternal.deadline_us = ~uint64_t{0};
    CHECK_FALSE(client.Invoke(eternal, "x")->head.error);
}

TEST_CASE("metrics come labelled") {
    Bench bench(Fake());
    HostClient client = bench.Connect();
    REQUIRE(client.StatusWhenLoaded());
    REQUIRE(client.Invoke({}, "x"));
    const auto metrics = client.Call(HostFrame::kMetrics);
    REQUIRE(metrics);
    CHECK(
        metrics->body.View().find(
            "gyre_requests_total{endpoint=\"e\",instance=\"i\",outcome=\"ok\",variant=\"v\"} 1") !=
        std::string::npos);
}

TEST_CASE("a drain is answered when the last prediction is") {
    FakeModel* model = nullptr;
    Bench bench(Fake(&model));
    HostClient client = bench.Connect();
    REQUIRE(client.StatusWhenLoaded());
    model->Hold();
    auto running = std::async(std::launch::async, [&] { return client.Invoke({}, "running"); });
    model->WaitForRuns(1);
    // Frames of one connection are handled in order, so the drain is known when "late" comes.
    std::promise<void> drained;
    client.Channel().Send({.kind = static_cast<uint32_t>(HostFrame::kDrain)},
                          [&](const core::Result<net::Frame>&) { drained.set_value(); });
    auto drain = drained.get_future();
    const auto refused = client.Invoke({}, "late");
    REQUIRE(refused);
    CHECK(refused->head.error->code == Code::kUnavailable);
    CHECK(drain.wait_for(core::milliseconds(0)) == std::future_status::timeout);
    CHECK(client.Status()->outstanding == 1);
    model->Release();
    CHECK(running.get()->body == "running");
    CHECK(drain.wait_for(core::seconds(20)) == std::future_status::ready);
    CHECK(bench.server->Drain(core::SystemClock().Now() + core::seconds(20)));
}

TEST_CASE("a drain gives up at its deadline") {
    FakeModel* model = nullptr;
    Bench bench(Fake(&model));
    HostClient client = bench.Connect();
    REQUIRE(client.StatusWhenLoaded());
    model->Hold();
    auto running = std::async(std::launch::async, [&] { return client.Invoke({}, "running"); });
    model->WaitForRuns(1);
    CHECK_FALSE(bench.server->Drain(core::SystemClock().Now()));
    model->Release();
    CHECK(running.get()->body == "running");
}

}  // namespace
}  // namespace gyre::host
