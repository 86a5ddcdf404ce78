#include "host/latency_model.h"

#include <algorithm>
#include <cmath>

namespace gyre::host {
namespace {

using core::microseconds;

constexpr int kSettling = 3;  // the first runs of a size pay for what is cold: their least counts
constexpr double kWeight = 0.1;   // of a new sample in the mean
constexpr double kOutlier = 2.0;  // a sample counts as at most this many times the mean

microseconds Round(double us) {
    return microseconds(static_cast<int64_t>(std::llround(us)));
}

}  // namespace

void LatencyModel::Observe(int rows, microseconds took) {
    const double us = std::max<double>(1, static_cast<double>(took.count()));
    auto at = std::lower_bound(sizes_.begin(), sizes_.end(), rows,
                               [](const Size& size, int wanted) { return size.rows < wanted; });
    if (at == sizes_.end() || at->rows != rows) at = sizes_.insert(at, {rows, 0, us, 0});
    at->seen++;
    if (at->seen <= kSettling) {
        at->mean_us = std::min(at->mean_us, us);
        return;
    }
    const double sample = std::clamp(us, at->mean_us / kOutlier, at->mean_us * kOutlier);
    at->deviation_us += kWeight * (std::abs(sample - at->mean_us) - at->deviation_us);
    at->mean_us += kWeight * (sample - at->mean_us);
}

std::optional<LatencyModel::Size> LatencyModel::At(int rows) const {
    if (sizes_.empty()) return std::nullopt;
    const auto above = std::lower_bound(sizes_.begin(), sizes_.end(), rows,
                                        [](const Size& size, int r) { return size.rows < r; });
    if (above != sizes_.end() && above->rows == rows) return *above;
    if (above == sizes_.begin()) {
        // Between free rows and no fixed cost, halfway.
        Size guess = *above;
        guess.mean_us *= (1.0 + static_cast<double>(rows) / above->rows) / 2;
        return guess;
    }
    const Size& below = *(above - 1);
    if (above == sizes_.end()) {
        Size guess = below;
        const double per_row = sizes_.size() == 1 ? below.mean_us / below.rows
                                                  : (below.mean_us - (above - 2)->mean_us) /
                                                        (below.rows - (above - 2)->rows);
        const double most = below.mean_us / below.rows;
        guess.mean_us += std::clamp(per_row, 0.0, most) * (rows - below.rows);
        return guess;
    }
    const double part = static_cast<double>(rows - below.rows) / (above->rows - below.rows);
    Size guess = below;
    guess.mean_us += part * (above->mean_us - below.mean_us);
    guess.deviation_us = std::max(below.deviation_us, above->deviation_us);
    return guess;
}

std::optional<microseconds> LatencyModel::Predict(int rows) const {
    const auto size = At(rows);
    if (!size) return std::nullopt;
    return Round(size->mean_us);
}

std::optional<microseconds> LatencyModel::PredictHigh(int rows) const {
    const auto size = At(rows);
    if (!size) return std::nullopt;
    return Round(size->mean_us + 2 * size->deviation_us);
}

int LatencyModel::LargestWithin(microseconds limit, int most) const {
    if (sizes_.empty()) return most;
    int low = 1;
    int high = most;
    while (low < high) {
        const int middle = low + (high - low + 1) / 2;
        if (*PredictHigh(middle) <= limit) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    return low;
}

}  // namespace gyre::host
