// What the host adds to a model: a frame from a client on its io thread, through the batcher, an
// echoing model, and back. `p50_us` and `p99_us` are of single requests.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>
#include <vector>

#include "core/temp_dir.h"
#include "host/host_client.h"
#include "host/host_server.h"

namespace gyre::host {
namespace {

using core::SteadyTime;

class EchoModel final : public engine::Model {
  public:
    explicit EchoModel(core::microseconds takes) : takes_(takes) {
        info_.platform = "echo";
        info_.batches = true;
    }
    const engine::ModelInfo& Info() const override { return info_; }
    int Concurrency() const override { return 1; }
    core::Result<std::unique_ptr<engine::Prepared>> Prepare(engine::Request request) override {
        auto input = std::make_unique<Input>();
        input->request = std::move(request);
        return input;
    }
    std::vector<core::Result<engine::Reply>> Run(
        std::span<const std::unique_ptr<engine::Prepared>> batch, SteadyTime) override {
        const SteadyTime end = core::SystemClock().Now() + takes_;
        std::vector<core::Result<engine::Reply>> replies;
        replies.reserve(batch.size());
        for (const auto& item : batch) {
            engine::Request& request = static_cast<Input&>(*item).request;
            replies.emplace_back(engine::Reply{.content_type = std::move(request.content_type),
                                               .body = std::move(request.body)});
        }
        while (core::SystemClock().Now() < end) {
        }
        return replies;
    }

  private:
    struct Input final : engine::Prepared {
        const std::string& BatchKey() const override { return key; }
        int Rows() const override { return 1; }
        std::string key;
        engine::Request request;
    };
    engine::ModelInfo info_;
    const core::microseconds takes_;
};

/// Keeps `outstanding` requests on their way, each sent where its predecessor's answer came.
class Load {
  public:
    Load(net::FrameClient& client, size_t requests, size_t body_bytes)
        : client_(client), body_(body_bytes, 'x'), left_(requests) {
        serving::InvokeHead head;
        head.request_id = "0123456789abcdef";
        head.content_type = "application/octet-stream";
        head_ = serving::EncodeInvokeHead(head);
        took_us_.reserve(requests);
    }
    void Run(int outstanding) {
        running_ = outstanding;
        for (int i = 0; i < outstanding; i++) Send();
        done_.get_future().wait();
    }
    double Quantile(double part) {
        std::sort(took_us_.begin(), took_us_.end());
        return took_us_[static_cast<size_t>(part * static_cast<double>(took_us_.size() - 1))];
    }

  private:
    void Send() {
        const SteadyTime sent = core::SystemClock().Now();
        client_.Send({.kind = static_cast<uint32_t>(serving::HostFrame::kInvoke),
                      .head = head_,
                      .body = body_},
                     [this, sent](core::Result<net::Frame> reply) {
                         if (!reply || reply->body.size() != body_.size()) std::abort();
                         const std::chrono::duration<double, std::micro> took =
                             core::SystemClock().Now() - sent;
                         took_us_.push_back(took.count());
                         if (left_ > 0) {
                             left_--;
                             Send();
                         } else if (--running_ == 0) {
                             done_.set_value();
                         }
                     });
    }

    net::FrameClient& client_;
    std::string head_;
    const std::string body_;
    size_t left_;  // this and what follows: of the client's io thread once it runs
    std::atomic<int> running_{0};
    std::vector<double> took_us_;
    std::promise<void> done_;
};

/// Asks a host with the model of `load`. First arguments: requests outstanding, bytes of a body.
void Measure(benchmark::State& state, const core::TempDir& folder, Loader load) {
    const std::string socket = folder.Path() / "host.sock";
    auto server = HostServer::Start({.socket = socket,
                                     .spec = {.model_directory = folder.Path()},
                                     .load = std::move(load),
                                     .on_log = {}});
    HostClient client(std::move(*net::FrameClient::Connect(socket)));
    if (!client.StatusWhenLoaded()) std::abort();
    Load(client.Channel(), 2'000, static_cast<size_t>(state.range(1)))
        .Run(static_cast<int>(state.range(0)));

    constexpr size_t kRequests = 20'000;
    double p50 = 0;
    double p99 = 0;
    size_t answered = 0;
    for (auto _ : state) {
        Load load(client.Channel(), kRequests, static_cast<size_t>(state.range(1)));
        load.Run(static_cast<int>(state.range(0)));
        state.PauseTiming();
        p50 = load.Quantile(0.5);
        p99 = load.Quantile(0.99);
        answered += kRequests;
        state.ResumeTiming();
    }
    state.SetItemsProcessed(static_cast<int64_t>(answered));
    state.counters["p50_us"] = p50;
    state.counters["p99_us"] = p99;
}

/// Third argument: µs that the model takes for a batch.
void BM_Invoke(benchmark::State& state) {
    const core::microseconds takes(state.range(2));
    Measure(state, core::TempDir(),
            [takes](const engine::LoadOptions&) -> core::Result<std::unique_ptr<engine::Model>> {
                return std::make_unique<EchoModel>(takes);
            });
}
BENCHMARK(BM_Invoke)
    ->ArgNames({"outstanding", "bytes", "model_us"})
    ->Args({1, 100, 0})
    ->Args({32, 100, 0})
    ->Args({1, 602'240, 0})
    ->Args({32, 602'240, 0})
    ->Args({1, 100, 100})
    ->Args({32, 100, 100})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

/// The four functions in Python, none of which does anything.
void BM_InvokePython(benchmark::State& state) {
    const core::TempDir folder;
    std::filesystem::create_directories(folder.Path() / "code");
    std::ofstream(folder.Path() / "code" / "inference.py")
        << "def model_fn(model_dir): return None\n"
           "def input_fn(body, content_type): return body\n"
           "def predict_fn(data, model): return data\n"
           "def output_fn(prediction, accept): return prediction\n";
    Measure(state, folder, engine::LoadModel);
}
BENCHMARK(BM_InvokePython)
    ->ArgNames({"outstanding", "bytes"})
    ->Args({1, 100})
    ->Args({32, 100})
    ->Args({32, 100'000})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
}  // namespace gyre::host
