#pragma once

#include <string>

#include "core/guarded.h"
#include "core/metrics.h"

namespace gyre::serving::torchserve {

/// The machine's gauges under TorchServe's names: CPUUtilization, MemoryUsed, MemoryAvailable,
/// MemoryUtilization, DiskUsage, DiskUtilization, DiskAvailable. Thread-safe.
class SystemMetrics {
  public:
    explicit SystemMetrics(core::MetricsRegistry& registry);

    /// Reads them anew. The CPU's is since the last call, or since the machine's start.
    void Refresh();

  private:
    struct Ticks {
        double busy = 0;
        double all = 0;
    };
    core::MetricsRegistry& registry_;
    const std::string host_;
    core::Guarded<Ticks> last_;
};

/// This machine's name, as TorchServe's metrics have it.
[[nodiscard]] std::string HostName();

}  // namespace gyre::serving::torchserve
