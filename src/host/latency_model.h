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

    /// By the least that sizes took of late, not the mean, so that a busy machine does not decide:
    /// the smallest size seen, up to `most`, whose rows cost within `slack` (0.03: 3%) of the
    /// cheapest: larger batches only add latency. `most` where the largest size is the cheapest by
    /// more than that or nothing was seen.
    [[nodiscard]] int EfficientRows(int most, double slack) const;
    /// The largest size up to `most` with PredictHigh(size) <= limit; at least 1.
    [[nodiscard]] int LargestWithin(core::microseconds limit, int most) const;

  private:
    struct Size {
        int rows = 0;
        int seen = 0;
        double mean_us = 0;
        double least_us = 0;  ///< follows faster samples at once, slower ones slowly
        double deviation_us = 0;
    };
    [[nodiscard]] std::optional<Size> At(int rows) const;

    std::vector<Size> sizes_;  // by rows
};

}  // namespace gyre::host
