#include "access/detail/gate_metrics.h"

#include <vector>

namespace gyre::access::detail {
namespace {

const std::vector<double> kRequestSeconds{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005,
                                          0.01,   0.025,   0.05,   0.1,   0.25,   0.5,
                                          1,      2.5,     10,     60};
const std::vector<double> kAuthoriseSeconds{0.00001, 0.00002, 0.00005, 0.0001,
                                            0.0002,  0.0005,  0.001,   0.01};

}  // namespace

OperationMetrics::OperationMetrics(core::MetricsRegistry& registry, std::string service,
                                   std::string operation)
    : registry_(registry),
      labels_{{"service", std::move(service)}, {"operation", std::move(operation)}},
      seconds_(registry.GetHistogram("gyre_request_seconds",
                                     "From a request's head to its answer's head, by operation.",
                                     kRequestSeconds, labels_)) {
}

void OperationMetrics::Answered(int status, double seconds) {
    seconds_.Observe(seconds);
    auto by_status = by_status_.Lock();
    core::Counter*& counter = (*by_status)[status];
    if (!counter) {
        core::Labels labels = labels_;
        labels["status"] = std::to_string(status);
        counter = &registry_.GetCounter("gyre_requests_total",
                                        "Requests answered, by operation and HTTP status.", labels);
    }
    counter->Add();
}

GateMetrics::GateMetrics(core::MetricsRegistry& registry)
    : registry_(registry),
      authorising_(registry.GetHistogram(
          "gyre_authorise_seconds",
          "Time to check a request's signature, body hash and permission.", kAuthoriseSeconds)) {
}

OperationMetrics& GateMetrics::Operation(std::string_view service, std::string_view operation) {
    std::string key;
    key.reserve(service.size() + operation.size() + 1);
    key.append(service).append(1, '/').append(operation);
    auto operations = operations_.Lock();
    auto& metrics = (*operations)[std::move(key)];
    if (!metrics) {
        metrics = std::make_unique<OperationMetrics>(registry_, std::string(service),
                                                     std::string(operation));
    }
    return *metrics;
}

}  // namespace gyre::access::detail
