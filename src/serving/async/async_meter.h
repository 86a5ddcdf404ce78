#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/guarded.h"
#include "telemetry/series.h"

namespace gyre::serving::async {

/// What queued requests came to since it was last asked, as SageMaker's metrics of asynchronous
/// endpoints (AWS/SageMaker, by EndpointName). Thread-safe.
class AsyncMeter {
  public:
    enum class End { kProcessed, kFailed, kExpired };
    struct Outcome {
        End end = End::kProcessed;
        core::milliseconds waited{0};  ///< in the queue
        core::milliseconds all{0};     ///< from its acceptance to its end
    };
    void Record(const std::string& endpoint, const Outcome& outcome);

    struct Backlog {
        size_t waiting = 0;
        core::milliseconds oldest{0};  ///< age of the oldest that waits
        size_t hosts = 0;
    };
    /// InvocationsProcessed, InvocationFailures, InvocationsExpired, TimeInBacklog,
    /// TotalProcessingTime of those that ended; ApproximateBacklogSize and -PerInstance,
    /// ApproximateAgeOfOldestRequest, HasBacklogWithoutCapacity of `now`. Begins anew.
    [[nodiscard]] std::vector<telemetry::Sample> Take(
        core::WallTime now, const std::map<std::string, Backlog>& backlogs);

  private:
    struct Counts {
        double processed = 0;
        double failed = 0;
        double expired = 0;
        telemetry::Statistic waited;
        telemetry::Statistic all;
    };
    core::Guarded<std::map<std::string, Counts>> counts_;
};

}  // namespace gyre::serving::async
