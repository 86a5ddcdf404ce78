#pragma once

#include "core/clock.h"

namespace gyre::jobs {

/// How long to wait before a step that failed is tried again: doubling from `first` to `longest`,
/// less a random part of up to half, so that what failed together does not come back together.
struct ExponentialBackoff {
    core::milliseconds first{200};
    core::milliseconds longest{60'000};
    /// `failures` in a row so far, at least 1; `random` in [0, 1).
    [[nodiscard]] core::milliseconds Delay(int failures, double random) const;
};

/// When a supervised program that ended is started again: after 0, 1, 1, 2, 3, 5, 8… seconds up to
/// `longest`. A run of at least `healthy` starts the row anew. A value; not thread-safe.
class RestartPolicy {
  public:
    explicit RestartPolicy(core::seconds longest = core::seconds(60),
                           core::seconds healthy = core::seconds(60))
        : longest_(longest), healthy_(healthy) {}
    /// The wait before the next start, after a run that lasted `ran`.
    [[nodiscard]] core::seconds NextDelay(core::milliseconds ran);
    /// Ends in a row without a healthy run between them.
    [[nodiscard]] int Failures() const { return failures_; }

  private:
    core::seconds longest_;
    core::seconds healthy_;
    int failures_ = 0;
    core::seconds next_{0};
    core::seconds after_{1};
};

}  // namespace gyre::jobs
