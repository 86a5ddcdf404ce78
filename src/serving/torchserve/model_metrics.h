#pragma once

#include <map>
#include <string>
#include <utility>

#include "core/guarded.h"
#include "core/metrics.h"

namespace gyre::serving::torchserve {

/// The counters that TorchServe's dashboards read: ts_inference_requests_total and its latencies,
/// Requests2XX, 4XX and 5XX. Thread-safe.
class ModelMetrics {
  public:
    explicit ModelMetrics(core::MetricsRegistry& registry);

    /// A request for the model came.
    void Asked(const std::string& model, const std::string& version);
    void Predicted(const std::string& model, const std::string& version, uint64_t queue_us,
                   uint64_t compute_us);
    void Answered(int status);

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
    core::Guarded<std::map<std::pair<std::string, std::string>, OfModel>> models_;
};

}  // namespace gyre::serving::torchserve
