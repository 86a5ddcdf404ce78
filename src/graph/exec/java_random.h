#pragma once

#include <cstdint>
#include <vector>

#include "graph/exec/context.h"

namespace gyre::graph::exec {

/// The numbers of Java's java.util.Random, whose algorithm its documentation states: with
/// SeedStrategy steps choose as the reference's do.
class JavaRandom {
  public:
    explicit JavaRandom(uint64_t seed) : state_((seed ^ kFactor) & kMask) {}
    /// At least 0, less than 1.
    [[nodiscard]] double NextDouble() {
        const uint64_t high = Next(26);
        return static_cast<double>((high << 27) + Next(27)) * 0x1.0p-53;
    }
    /// At least 0, less than `bound`, which is positive.
    [[nodiscard]] int32_t NextInt(int32_t bound) {
        if ((bound & -bound) == bound) {
            return static_cast<int32_t>((static_cast<uint64_t>(bound) * Next(31)) >> 31);
        }
        int64_t bits = 0, value = 0;
        do {
            bits = static_cast<int64_t>(Next(31));
            value = bits % bound;
        } while (bits - value + (bound - 1) > INT32_MAX);
        return static_cast<int32_t>(value);
    }

  private:
    static constexpr uint64_t kFactor = 0x5DEECE66DULL;
    static constexpr uint64_t kMask = (uint64_t{1} << 48) - 1;
    uint64_t Next(int bits) {
        state_ = (state_ * kFactor + 0xB) & kMask;
        return state_ >> (48 - bits);
    }
    uint64_t state_;
};

/// A step's own: from the query's seed, if it has one.
[[nodiscard]] JavaRandom RandomOf(Context& context);
/// Whether the query has a seed.
[[nodiscard]] bool IsSeeded(const Context& context);
/// Where a map's entries stand as java.util.HashMap would go through them: in what order groups
/// draw from one step's numbers. Known of texts and whole numbers; other keys count as 0.
[[nodiscard]] std::vector<size_t> JavaOrder(const Map& map);

}  // namespace gyre::graph::exec
