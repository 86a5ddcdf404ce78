#pragma once

#include <array>
#include <span>
#include <string>

#include "core/metrics.h"
#include "core/result.h"
#include "serving/host_protocol.h"

namespace gyre::host {

/// What a host counts, in Prometheus' form, labelled endpoint, variant and instance. Thread-safe.
class HostMetrics {
  public:
    HostMetrics(const std::string& endpoint, const std::string& variant,
                const std::string& instance);

    /// A batch that ran: for each of its requests the time from arrival to start, in µs.
    void BatchRan(std::span<const uint64_t> queue_us, uint64_t compute_us,
                  serving::LeaveReason reason);
    /// A request that was answered; nullptr where by the model.
    void Answered(const core::Error* error);
    /// In all, since the host began.
    void WorkerRestartsAre(uint64_t times);
    void OutstandingIs(size_t requests);

    [[nodiscard]] std::string PrometheusText() const { return registry_.PrometheusText(); }

  private:
    explicit HostMetrics(const core::Labels& labels);

    static constexpr size_t kReasons = 6;

    core::MetricsRegistry registry_;
    core::Histogram& queue_seconds_;
    core::Histogram& prediction_seconds_;
    core::Histogram& batch_size_;
    core::Histogram& inference_seconds_;
    core::Gauge& outstanding_;
    core::Counter& restarts_;
    std::array<core::Counter*, kReasons> batches_{};
    core::Counter* ok_;
    core::Counter* invalid_;
    core::Counter* refused_;
    core::Counter* expired_;
    core::Counter* failed_;
};

}  // namespace gyre::host
