#include <benchmark/benchmark.h>

#include <future>
#include <thread>

#include "core/guarded.h"
#include "core/temp_dir.h"
#include "net/frame_channel.h"

using namespace gyre;

namespace {

struct Channel {
    core::TempDir dir;
    std::unique_ptr<net::FrameServer> server;
    std::unique_ptr<net::FrameClient> client;

    explicit Channel(net::FrameServer::Handler handler) {
        const std::string path = dir.Path() / "s";
        server = std::move(*net::FrameServer::Start(path, std::move(handler)));
        client = std::move(*net::FrameClient::Connect(path));
    }
};

/// One request at a time from a thread of its own: the channel's latency, two hops included.
void FrameRoundTrip(benchmark::State& state) {
    Channel channel([](net::Frame frame, const net::FrameServer::Reply& reply) {
        reply({.body = std::move(frame.body)});
    });
    const std::string body(static_cast<size_t>(state.range(0)), 'x');
    for (auto _ : state) {
        std::promise<void> done;
        channel.client->Send({.head = "head", .body = body},
                             [&](const core::Result<net::Frame>&) { done.set_value(); });
        done.get_future().wait();
    }
}
BENCHMARK(FrameRoundTrip)->Arg(100)->Arg(150'000)->Arg(600'000)->UseRealTime();

/// `range(0)` requests in flight, each sent by the callback of another: as an HTTP server does it.
void FramesInFlight(benchmark::State& state) {
    Channel channel([](net::Frame frame, const net::FrameServer::Reply& reply) {
        reply({.body = std::move(frame.body)});
    });
    const std::string body(static_cast<size_t>(state.range(1)), 'x');
    constexpr int kFrames = 2000;
    for (auto _ : state) {
        std::atomic<int> left = kFrames;
        std::atomic<int> unanswered = kFrames;
        std::promise<void> all;
        std::function<void()> send = [&] {
            if (--left < 0) return;
            channel.client->Send({.head = "head", .body = body},
                                 [&](const core::Result<net::Frame>&) {
                                     send();
                                     if (--unanswered == 0) all.set_value();
                                 });
        };
        for (int i = 0; i < state.range(0); ++i) send();
        all.get_future().wait();
    }
    state.SetItemsProcessed(state.iterations() * kFrames);
}
BENCHMARK(FramesInFlight)
    ->Args({1, 100})
    ->Args({32, 100})
    ->Args({32, 150'000})
    ->Args({8, 600'000})
    ->UseRealTime();

}  // namespace
