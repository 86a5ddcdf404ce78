#pragma once

#include <map>
#include <string>
#include <utility>

#include "core/clock.h"
#include "core/guarded.h"
#include "core/metrics.h"

namespace gyre::serving::torchserve {

/// What TorchServe's dashboards read: ts_inference_requests_total and its latencies, Requests2XX,
/// 4XX and 5XX, and as they last were QueueTime, WorkerThreadTime and WorkerLoadTime. Thread-safe.
class ModelMetrics {
  public:
    explicit ModelMetrics(core::MetricsRegistry& registry);

    /// A request for the model came. `version`: the one that it named, "" for the default.
    void Asked(const std::string& model, const std::string& version);
    struct Times {
        uint64_t queue_us = 0;    ///< until a worker took it
        uint64_t compute_us = 0;  ///< in the handler
        uint64_t all_us = 0;      ///< from its arrival to its answer
    };
    void Predicted(const std::string& model, const std::string& version, const Times& times);
    void Answered(int status);
    /// Workers of the version took so long from their start until they could predict.
    void Loaded(const std::string& model, const std::string& version, int workers,
                core::milliseconds took);

  private:
    struct OfModel {
        core::Counter* requests = nullptr;
        core::Counter* inference_us = nullptr;
        core::Counter* queue_us = nullptr;
    };
    OfModel& Of(std::map<std::pair<std::string, std::string>, OfModel>& all,
                const std::string& model, const std::string& version);

    core::MetricsRegistry& registry_;
    const std::string host_;
    core::Counter& good_;
    core::Counter& wrong_;
    core::Counter& failed_;
    core::Gauge& queue_ms_;
    core::Gauge& thread_ms_;
    core::Guarded<std::map<std::pair<std::string, std::string>, OfModel>> models_;
};

}  // namespace gyre::serving::torchserve
