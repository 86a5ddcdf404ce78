#include "server/metric_pump.h"

#include <utility>

#include "core/log.h"

namespace gyre::server {

MetricPump::MetricPump(telemetry::MetricStore& store, jobs::LogStore& logs, Take take,
                       std::function<void()> then, core::milliseconds period)
    : store_(store), logs_(logs), take_(std::move(take)), then_(std::move(then)) {
    thread_ = std::thread([this, period] {
        constexpr std::chrono::hours kBetweenSweeps{1};
        bool stop = false;
        auto sweep_at = std::chrono::steady_clock::now();
        while (!stop) {
            {
                auto stopped = stop_.Lock();
                stop = stopped.WaitUntil(std::chrono::steady_clock::now() + period,
                                         [&] { return *stopped; });
            }
            Pump();
            then_();
            if (std::chrono::steady_clock::now() < sweep_at) continue;
            logs_.Sweep();
            sweep_at = std::chrono::steady_clock::now() + kBetweenSweeps;
        }
    });
}

MetricPump::~MetricPump() {
    Stop();
}

void MetricPump::Stop() {
    *stop_.Lock() = true;
    stop_.NotifyAll();
    if (thread_.joinable()) thread_.join();
}

void MetricPump::Pump() {
    const auto samples = take_();
    const auto put = samples.empty() ? core::Status() : store_.Put(samples);
    const auto tidied = store_.Maintain();
    // The next period tries again; the values of this one are lost, and nobody waits for them.
    for (const core::Status& status : {put, tidied}) {
        if (status) continue;
        core::LogWarning("metrics could not be kept", {{"error", status.error().ToString()}});
    }
}

}  // namespace gyre::server
