#pragma once

#include <array>
#include <chrono>
#include <cstdint>

namespace gyre::load {

/// Counts durations in buckets whose width is below 0.8% of their value, from 1 ns to 18 minutes
/// (longer ones count as that). Memory is fixed; not thread-safe.
class LatencyHistogram {
  public:
    void Record(std::chrono::nanoseconds value);

    /// The value below or at which `fraction` (0 to 1) of what was recorded lies, to the bucket's
    /// upper edge; 0 when nothing was recorded.
    [[nodiscard]] std::chrono::nanoseconds Quantile(double fraction) const;
    [[nodiscard]] std::chrono::nanoseconds Mean() const;
    [[nodiscard]] std::chrono::nanoseconds Max() const { return max_; }
    [[nodiscard]] uint64_t Count() const { return count_; }

  private:
    static constexpr int kSubBits = 7;
    static constexpr int kTopBits = 40;
    static constexpr size_t kBuckets = (kTopBits - kSubBits + 1) << kSubBits;

    static size_t BucketOf(uint64_t value);
    static uint64_t UpperEdge(size_t bucket);

    std::array<uint64_t, kBuckets> buckets_{};
    uint64_t count_ = 0;
    long double sum_ = 0;
    std::chrono::nanoseconds max_{0};
};

}  // namespace gyre::load
