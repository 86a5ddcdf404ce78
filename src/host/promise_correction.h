#pragma once

#include "core/clock.h"

namespace gyre::host {

/// How far answers come later than was predicted, learnt from those that were let in on a promise.
///
/// Under overload every request that is let in stands at the edge: it was refused or not by whether
/// its prediction just fits its deadline. So a prediction that is 10% short on average makes nearly
/// all answers late, and the work is lost. This keeps the factor by which all but about one batch
/// in thirty keep their promise, whatever makes predictions short: sizes of batches seldom seen, a
/// machine that is busy with other things, batches that share the engine. Not thread-safe.
class PromiseCorrection {
  public:
    /// What to promise where `predicted` was computed; never less.
    [[nodiscard]] core::microseconds Apply(core::microseconds predicted) const;
    /// What may be predicted for that to be promised.
    [[nodiscard]] core::microseconds Remove(core::microseconds promised) const;
    /// An answer that was predicted (before Apply) to take `predicted` took `actual`.
    void Observe(core::microseconds predicted, core::microseconds actual);

  private:
    double factor_ = 1;
};

}  // namespace gyre::host
