#pragma once

#include <atomic>
#include <cstdint>

namespace gyre::serving {

/// Picks a share of what passes, as evenly as can be over any stretch. Thread-safe.
class ShareCounter {
  public:
    /// `share` from 0 to 1; more counts as 1.
    [[nodiscard]] bool Takes(double share) {
        const auto before = static_cast<double>(passed_.fetch_add(1, std::memory_order_relaxed));
        // A hair more, so that 0.1 added ten times is one.
        const auto whole = [&](double passed) {
            return static_cast<uint64_t>(passed * share + 1e-6);
        };
        return share >= 1 || whole(before + 1) > whole(before);
    }

  private:
    std::atomic<uint64_t> passed_{0};
};

}  // namespace gyre::serving
