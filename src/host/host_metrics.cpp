#include "host/host_metrics.h"

namespace gyre::host {
namespace {

using serving::LeaveReason;

const std::vector<double> kQueueSeconds{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                        0.05,   0.1,     0.25,   0.5,   1,      2.5,   10};
const std::vector<double> kInferenceSeconds{0.00001, 0.0001, 0.00025, 0.0005, 0.001, 0.0025,
                                            0.005,   0.01,   0.025,   0.05,   0.1,   0.25,
                                            0.5,     1,      2.5,     10};
// Fine enough that a percentile which is read off them is within a fifth.
const std::vector<double> kPredictionSeconds{
    0.0001, 0.0002, 0.0003, 0.0005, 0.00075, 0.001, 0.0015, 0.002, 0.003, 0.004, 0.005,
    0.0075, 0.01,   0.015,  0.02,   0.03,    0.04,  0.05,   0.075, 0.1,   0.15,  0.2,
    0.3,    0.5,    0.75,   1,      1.5,     2,     3,      5,     10,    30,    60};
const std::vector<double> kBatchSizes{1, 2, 4, 8, 16, 32, 64, 128, 256};

constexpr double kMicrosecond = 1e-6;

core::Labels With(const core::Labels& labels, const char* name, std::string_view value) {
    core::Labels all = labels;
    all[name] = std::string(value);
    return all;
}

core::Counter& Requests(core::MetricsRegistry& registry, const core::Labels& labels,
                        const char* outcome) {
    return registry.GetCounter(
        "gyre_requests_total",
        "Requests by outcome: ok, invalid, refused, expired or failed, answered by this host",
        With(labels, "outcome", outcome));
}

}  // namespace

HostMetrics::HostMetrics(const std::string& endpoint, const std::string& variant,
                         const std::string& instance)
    : HostMetrics({{"endpoint", endpoint}, {"variant", variant}, {"instance", instance}}) {
}

HostMetrics::HostMetrics(const core::Labels& labels)
    : queue_seconds_(registry_.GetHistogram("gyre_request_queue_seconds",
                                            "From a request's arrival to the start of its batch",
                                            kQueueSeconds, labels)),
      prediction_seconds_(registry_.GetHistogram("gyre_prediction_seconds",
                                                 "From a request's arrival to the end of its batch",
                                                 kPredictionSeconds, labels)),
      batch_size_(registry_.GetHistogram(
          "gyre_batch_size", "Requests that one call of the model answered", kBatchSizes, labels)),
      inference_seconds_(registry_.GetHistogram(
          "gyre_inference_seconds", "What the model took for a batch", kInferenceSeconds, labels)),
      outstanding_(registry_.GetGauge("gyre_requests_outstanding",
                                      "Requests that were taken and are not answered", labels)),
      restarts_(registry_.GetCounter("gyre_worker_restarts_total",
                                     "Workers that died and were started again", labels)),
      ok_(&Requests(registry_, labels, "ok")),
      invalid_(&Requests(registry_, labels, "invalid")),
      refused_(&Requests(registry_, labels, "refused")),
      expired_(&Requests(registry_, labels, "expired")),
      failed_(&Requests(registry_, labels, "failed")) {
    for (size_t i = 0; i < kReasons; i++) {
        batches_[i] = &registry_.GetCounter(
            "gyre_batches_total", "Batches by why they left",
            With(labels, "reason", serving::LeaveReasonName(static_cast<LeaveReason>(i))));
    }
}

void HostMetrics::BatchRan(std::span<const uint64_t> queue_us, const detail::BatchCalls& calls,
                           uint64_t compute_us, LeaveReason reason, uint64_t ended_ms) {
    Ran(queue_us, calls.Sizes(), compute_us, reason, ended_ms);
    for (const uint64_t us : queue_us) Predicted(us + compute_us);
    if (calls.FurtherShapes() > 0) {
        batches_[static_cast<size_t>(LeaveReason::kShape)]->Add(calls.FurtherShapes());
    }
}

void HostMetrics::StepRan(std::span<const uint64_t> queue_us, uint32_t requests,
                          uint64_t compute_us, uint64_t ended_ms) {
    Ran(queue_us, {&requests, 1}, compute_us, LeaveReason::kIdle, ended_ms);
}

void HostMetrics::Ran(std::span<const uint64_t> queue_us, std::span<const uint32_t> sizes,
                      uint64_t compute_us, LeaveReason reason, uint64_t ended_ms) {
    statistics_.Lock()->BatchRan(queue_us, sizes, compute_us, ended_ms);
    for (const uint64_t us : queue_us) {
        queue_seconds_.Observe(static_cast<double>(us) * kMicrosecond);
    }
    for (const uint32_t size : sizes) batch_size_.Observe(size);
    inference_seconds_.Observe(static_cast<double>(compute_us) * kMicrosecond);
    batches_[static_cast<size_t>(reason)]->Add();
}

void HostMetrics::Predicted(uint64_t us) {
    prediction_seconds_.Observe(static_cast<double>(us) * kMicrosecond);
}

void HostMetrics::Answered(const core::Error* error, const std::optional<serving::Trace>& trace) {
    if (error == nullptr) {
        if (trace) statistics_.Lock()->Answered(trace->queue_us + trace->compute_us);
        return ok_->Add();
    }
    statistics_.Lock()->failed.count++;
    switch (error->code) {
        case core::Code::kInvalidArgument:
            return invalid_->Add();
        case core::Code::kUnavailable:
            return refused_->Add();
        case core::Code::kDeadlineExceeded:
            return expired_->Add();
        default:
            return failed_->Add();
    }
}

void HostMetrics::WorkerRestartsAre(uint64_t times) {
    const double more = static_cast<double>(times) - restarts_.Value();
    if (more > 0) restarts_.Add(more);
}

void HostMetrics::OutstandingIs(size_t requests) {
    outstanding_.Set(static_cast<double>(requests));
}

}  // namespace gyre::host
