#pragma once

#include <optional>
#include <vector>

#include "core/clock.h"

namespace gyre::host {

/// What a batch of so many rows takes, learnt from those that ran. Each size has a running mean; a
/// size that was never seen lies on the line between its neighbours. A single outlier (a machine
/// that was busy with something else) moves a mean by little; a lasting change is followed within
/// some tens of batches. One mean per size over all shapes: a model whose requests differ much in
/// cost is predicted at its mix. Not thread-safe.
class LatencyModel {
  public:
    void Observe(int rows, core::microseconds took);

    /// nullopt until a batch was seen.
    [[nodiscard]] std::optional<core::microseconds> Predict(int rows) const;
    /// Predict, and the usual deviation twice on top: seldom passed.
    [[nodiscard]] std::optional<core::microseconds> PredictHigh(int rows) const;

    /// The largest size up to `most` with PredictHigh(size) <= limit; at least 1.
    [[nodiscard]] int LargestWithin(core::microseconds limit, int most) const;

  private:
    struct Size {
        int rows = 0;
        int seen = 0;
        double mean_us = 0;
        double deviation_us = 0;
    };
    [[nodiscard]] std::optional<Size> At(int rows) const;

    std::vector<Size> sizes_;  // by rows
};

}  // namespace gyre::host
