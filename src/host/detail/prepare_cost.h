#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>

#include "core/clock.h"

namespace gyre::host::detail {

/// What decoding a request takes by the size of its body, so that cheap ones are decoded where they
/// arrive and the others on a pool. Thread-safe; of two threads that observe at once one may lose
/// its sample.
class PrepareCost {
  public:
    PrepareCost() {
        // Small bodies count as cheap until several have shown that they are not: the first one may
        // be stretched too.
        for (size_t width = 0; width < means_us_.size(); width++) {
            means_us_[width].store(width <= kSmallWidth ? 0 : kUnknown, std::memory_order_relaxed);
        }
    }

    void Observe(size_t bytes, core::microseconds took) {
        std::atomic<float>& mean = means_us_[std::bit_width(bytes)];
        const float old = mean.load(std::memory_order_relaxed);
        const float us = static_cast<float>(took.count());
        // Cut, for one sample that a busy machine stretched must not move all work to the pool.
        const float cut = std::min(us, 4 * old + kCheapUs);
        mean.store(old < 0 ? us : old + (cut - old) / 16, std::memory_order_relaxed);
    }

    /// No more than waking another thread costs.
    [[nodiscard]] bool IsCheap(size_t bytes) const {
        const float mean = Mean(bytes);
        return mean >= 0 && mean <= kCheapUs;
    }

    /// 0 where nothing is known.
    [[nodiscard]] core::microseconds Predict(size_t bytes) const {
        return core::microseconds(static_cast<int64_t>(std::max(0.0F, Mean(bytes))));
    }

  private:
    static constexpr float kUnknown = -1;
    static constexpr float kCheapUs = 40;
    static constexpr size_t kSmallWidth = 12;  // bodies below 4 KiB

    [[nodiscard]] float Mean(size_t bytes) const {
        return means_us_[std::bit_width(bytes)].load(std::memory_order_relaxed);
    }

    std::array<std::atomic<float>, 65> means_us_;  // by bit width of the size
};

}  // namespace gyre::host::detail
