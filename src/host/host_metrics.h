#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>

#include "core/guarded.h"
#include "core/metrics.h"
#include "core/result.h"
#include "host/detail/batch_calls.h"
#include "serving/host_protocol.h"
#include "serving/run_statistics.h"

namespace gyre::host {

/// What a host counts, in Prometheus' form, labelled endpoint, variant and instance. Thread-safe.
class HostMetrics {
  public:
    HostMetrics(const std::string& endpoint, const std::string& variant,
                const std::string& instance);

    /// A batch that ran: for each of its requests the time from arrival to start, in µs; its end in
    /// epoch milliseconds. A shape after the first counts as a batch that left for its shape.
    void BatchRan(std::span<const uint64_t> queue_us, const detail::BatchCalls& calls,
                  uint64_t compute_us, serving::LeaveReason reason, uint64_t ended_ms);
    /// A step of a batch of so many requests, some of which joined for it.
    void StepRan(std::span<const uint64_t> queue_us, uint32_t requests, uint64_t compute_us,
                 uint64_t ended_ms);
    /// A request went through its steps, that long after its arrival.
    void Predicted(uint64_t us);
    /// A request that was answered; nullptr where by the model. `trace`: where it ran.
    void Answered(const core::Error* error, const std::optional<serving::Trace>& trace);
    /// In all, since the host began.
    void WorkerRestartsAre(uint64_t times);
    void OutstandingIs(size_t requests);

    [[nodiscard]] std::string PrometheusText() const { return registry_.PrometheusText(); }
    /// The same by size of batch, since the host began.
    [[nodiscard]] serving::RunStatistics Statistics() const { return *statistics_.Lock(); }

  private:
    explicit HostMetrics(const core::Labels& labels);
    void Ran(std::span<const uint64_t> queue_us, std::span<const uint32_t> sizes,
             uint64_t compute_us, serving::LeaveReason reason, uint64_t ended_ms);

    static constexpr size_t kReasons = 6;

    core::MetricsRegistry registry_;
    core::Histogram& queue_seconds_;
    core::Histogram& prediction_seconds_;
    core::Histogram& batch_size_;
    core::Histogram& inference_seconds_;
    core::Gauge& outstanding_;
    core::Counter& restarts_;
    std::array<core::Counter*, kReasons> batches_{};
    core::Guarded<serving::RunStatistics> statistics_;
    core::Counter* ok_;
    core::Counter* invalid_;
    core::Counter* refused_;
    core::Counter* expired_;
    core::Counter* failed_;
};

}  // namespace gyre::host
