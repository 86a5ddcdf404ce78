// What the way of a prediction costs: routing alone, the frame's head, and a whole InvokeEndpoint
// through a channel to a host that answers at once.
#include <benchmark/benchmark.h>

#include <atomic>
#include <boost/json.hpp>
#include <future>

#include "core/temp_dir.h"
#include "net/frame_channel.h"
#include "serving/prediction.h"
#include "serving/router.h"

namespace gyre::serving {
namespace {

wire::BufferedCall MakeCall(std::string body) {
    wire::BufferedCall call;
    call.context.request_id = "4f5dc5a8-21c8-4dbb-9ad4-b4c5b0b4e0a0";
    call.input = core::JsonObject{{"EndpointName", "e"}, {"ContentType", "application/x-npy"}};
    call.body = std::move(body);
    call.head.headers.Add("Host", "127.0.0.1:8080");
    call.head.headers.Add("User-Agent", "Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux");
    call.head.headers.Add("X-Amz-Date", "20261124T120000Z");
    call.head.headers.Add("X-Amz-Content-SHA256", std::string(64, 'a'));
    call.head.headers.Add("Authorization", std::string(250, 'a'));
    call.head.headers.Add("Content-Type", "application/x-npy");
    call.head.headers.Add("Accept", "application/x-npy");
    call.head.headers.Add("amz-sdk-invocation-id", "4f5dc5a8-21c8-4dbb-9ad4-b4c5b0b4e0a0");
    call.head.headers.Add("amz-sdk-request", "attempt=1");
    call.head.headers.Add("Content-Length", "16");
    return call;
}

struct Setup {
    explicit Setup(int endpoints) {
        const std::string socket = folder.Path() / "s";
        server =
            net::FrameServer::Start(socket, [](net::Frame frame, net::FrameServer::Reply reply) {
                ReplyHead head;
                head.content_type = "application/x-npy";
                reply({.kind = frame.kind,
                       .head = EncodeReplyHead(head),
                       .body = std::move(frame.body)});
            }).value();
        net::FrameClientOptions options;
        options.loop = &loop;
        link = std::make_shared<HostLink>(net::FrameClient::Connect(socket, options).value(), "i");
        for (int i = 0; i < endpoints; i++) Publish("other-" + std::to_string(i));
        Publish("e");
    }
    ~Setup() {
        link->Close();
        router.Stop();
    }
    void Publish(const std::string& name) {
        EndpointRoute route;
        route.name = name;
        route.in_service = true;
        route.variants = {{.name = "v", .weight = 1, .hosts = {link}}};
        router.Publish(std::move(route));
    }

    core::TempDir folder;
    net::IoLoop loop;
    std::unique_ptr<net::FrameServer> server;
    std::shared_ptr<HostLink> link;
    Router router{
        {.place = {"us-east-1", "000000000000"}, .loop = &loop, .clock = &core::SystemClock()}};
};

// `range` predictions are on their way at once, begun on the io thread as the front door does.
void InvokeThroughChannel(benchmark::State& state) {
    Setup setup(1000);
    const auto at_once = static_cast<size_t>(state.range(0));
    for (auto _ : state) {
        std::promise<void> done;
        std::atomic<size_t> left = at_once;
        setup.loop.Post([&] {
            for (size_t i = 0; i < at_once; i++) {
                wire::BufferedCall call = MakeCall("sixteen bytes ok");
                call.respond = [&](const core::Result<net::Response>& answer) {
                    benchmark::DoNotOptimize(answer);
                    if (--left == 0) done.set_value();
                };
                setup.router.Invoke(std::move(call));
            }
        });
        done.get_future().wait();
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(InvokeThroughChannel)->Arg(1)->Arg(32)->Arg(1024)->UseRealTime();

// What the router itself does for one: reading the call, writing the head, building the answer.
void ReadHeadAnswer(benchmark::State& state) {
    const Place place{"us-east-1", "000000000000"};
    ReplyHead reply;
    reply.content_type = "application/x-npy";
    const std::string head = EncodeReplyHead(reply);
    for (auto _ : state) {
        wire::BufferedCall call = MakeCall("sixteen bytes ok");
        call.respond = [](const core::Result<net::Response>& answer) {
            benchmark::DoNotOptimize(answer);
        };
        Prediction prediction(std::move(call), core::SystemClock().Now());
        benchmark::DoNotOptimize(prediction.Read());
        benchmark::DoNotOptimize(prediction.Head(core::SystemClock().Now()));
        net::Frame frame;
        frame.head = head;
        frame.body = prediction.TakeBody();
        prediction.Answer(place, "v", std::move(frame));
    }
}
BENCHMARK(ReadHeadAnswer);

// The benchmark's own share of the above.
void MakeCallAlone(benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(MakeCall("sixteen bytes ok"));
}
BENCHMARK(MakeCallAlone);

void RefuseUnknown(benchmark::State& state) {
    Setup setup(1000);
    for (auto _ : state) {
        wire::BufferedCall call = MakeCall("x");
        call.input.as_object()["EndpointName"] = "nobody";
        call.respond = [](const core::Result<net::Response>& answer) {
            benchmark::DoNotOptimize(answer);
        };
        setup.router.Invoke(std::move(call));
    }
}
BENCHMARK(RefuseUnknown);

void PublishAmong(benchmark::State& state) {
    Setup setup(static_cast<int>(state.range(0)));
    for (auto _ : state) setup.Publish("e");
}
BENCHMARK(PublishAmong)->Arg(10)->Arg(1000);

}  // namespace
}  // namespace gyre::serving
