#pragma once

#include <functional>
#include <thread>
#include <vector>

#include "core/clock.h"
#include "core/guarded.h"
#include "jobs/log_store.h"
#include "telemetry/metric_store.h"

namespace gyre::server {

/// Every period puts what `take` says into the store, has the store tidy up, and calls `then`;
/// every hour it has the logs tidy up. Life cycle: constructed means running; Stop puts the last of
/// it, may be called twice; the destructor stops.
class MetricPump {
  public:
    using Take = std::function<std::vector<telemetry::Sample>()>;

    MetricPump(telemetry::MetricStore& store, jobs::LogStore& logs, Take take,
               std::function<void()> then, core::milliseconds period);
    ~MetricPump();
    MetricPump(const MetricPump&) = delete;
    MetricPump& operator=(const MetricPump&) = delete;

    void Stop();

  private:
    void Pump();

    telemetry::MetricStore& store_;
    jobs::LogStore& logs_;
    const Take take_;
    const std::function<void()> then_;
    core::Guarded<bool> stop_{false};
    std::thread thread_;
};

}  // namespace gyre::server
