#include "load/latency_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace gyre::load {

// Values below 2^kSubBits have a bucket each; above, every power of two is cut into 2^kSubBits.
size_t LatencyHistogram::BucketOf(uint64_t value) {
    value = std::min(value, (uint64_t{1} << kTopBits) - 1);
    const int width = std::bit_width(value);
    if (width <= kSubBits) return value;
    const int shift = width - kSubBits - 1;
    const uint64_t sub = (value >> shift) - (uint64_t{1} << kSubBits);
    return (static_cast<size_t>(shift + 1) << kSubBits) + sub;
}

uint64_t LatencyHistogram::UpperEdge(size_t bucket) {
    const size_t power = bucket >> kSubBits;
    const uint64_t sub = bucket & ((size_t{1} << kSubBits) - 1);
    if (power == 0) return sub;
    return (((uint64_t{1} << kSubBits) + sub + 1) << (power - 1)) - 1;
}

void LatencyHistogram::Record(std::chrono::nanoseconds value) {
    value = std::max(value, std::chrono::nanoseconds(0));
    buckets_[BucketOf(static_cast<uint64_t>(value.count()))]++;
    count_++;
    sum_ += static_cast<long double>(value.count());
    max_ = std::max(max_, value);
}

std::chrono::nanoseconds LatencyHistogram::Quantile(double fraction) const {
    if (count_ == 0) return std::chrono::nanoseconds(0);
    const auto wanted = std::max<uint64_t>(
        1, static_cast<uint64_t>(std::ceil(fraction * static_cast<double>(count_))));
    uint64_t seen = 0;
    for (size_t bucket = 0; bucket < kBuckets; bucket++) {
        seen += buckets_[bucket];
        if (seen >= wanted) {
            const std::chrono::nanoseconds edge(static_cast<int64_t>(UpperEdge(bucket)));
            return std::min(edge, max_);
        }
    }
    return max_;
}

std::chrono::nanoseconds LatencyHistogram::Mean() const {
    if (count_ == 0) return std::chrono::nanoseconds(0);
    return std::chrono::nanoseconds(static_cast<int64_t>(sum_ / static_cast<long double>(count_)));
}

}  // namespace gyre::load
