#pragma once

#include <cstdint>
#include <deque>

#include "core/clock.h"
#include "core/json.h"

namespace gyre::transform {

/// How far a job is.
struct Progress {
    uint64_t objects = 0;
    uint64_t objects_done = 0;
    uint64_t objects_failed = 0;
    uint64_t bytes = 0;       ///< of the input, as it lies in S3
    uint64_t bytes_done = 0;  ///< of it, behind
    uint64_t records_done = 0;
    double bytes_per_second = 0;
    double records_per_second = 0;
    double seconds_left = -1;  ///< negative: not known

    /// The member "Progress" of DescribeTransformJob, which AWS has not.
    [[nodiscard]] core::Json ToJson() const;
};

/// How fast it goes, over the last half minute. One thread at a time.
class RateMeter {
  public:
    /// Fills in the rates and the time left of what is there at `now`.
    void Look(Progress& progress, core::SteadyTime now);

  private:
    struct Sample {
        core::SteadyTime at;
        uint64_t bytes = 0;
        uint64_t records = 0;
    };
    std::deque<Sample> samples_;
};

}  // namespace gyre::transform
