#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/guarded.h"
#include "core/metrics.h"

namespace gyre::access::detail {

/// The metrics of one operation. Thread-safe.
class OperationMetrics {
  public:
    OperationMetrics(core::MetricsRegistry& registry, std::string service, std::string operation);
    void Answered(int status, double seconds);

  private:
    core::MetricsRegistry& registry_;
    const core::Labels labels_;
    core::Histogram& seconds_;
    core::Guarded<std::map<int, core::Counter*>> by_status_;
};

/// Metrics of the gate, found without a search of the registry. Thread-safe.
class GateMetrics {
  public:
    explicit GateMetrics(core::MetricsRegistry& registry);
    /// `operation` is "" while it is not known. Both come from the service models, so that no
    /// caller can make new ones.
    [[nodiscard]] OperationMetrics& Operation(std::string_view service, std::string_view operation);
    void Authorised(double seconds) { authorising_.Observe(seconds); }

  private:
    core::MetricsRegistry& registry_;
    core::Histogram& authorising_;
    core::Guarded<std::unordered_map<std::string, std::unique_ptr<OperationMetrics>>> operations_;
};

}  // namespace gyre::access::detail
