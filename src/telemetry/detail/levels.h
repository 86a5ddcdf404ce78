#pragma once

#include <array>
#include <cstdint>

namespace gyre::telemetry::detail {

/// A resolution, and how long data keeps it (CloudWatch's own times). Whole partitions go over to
/// the next level at once, when their last moment is older than `keep`.
struct Level {
    int64_t step;       ///< seconds that share a bucket
    int64_t partition;  ///< seconds that share files
    int64_t keep;       ///< seconds
};

constexpr int64_t kHour = 3600;
constexpr int64_t kDay = 24 * kHour;

inline constexpr std::array<Level, 4> kLevels = {{{1, kHour, 3 * kHour},
                                                  {60, kDay, 15 * kDay},
                                                  {300, 4 * kDay, 63 * kDay},
                                                  {3600, 32 * kDay, 455 * kDay}}};

/// The multiple of `step` at or before `seconds`.
[[nodiscard]] constexpr int64_t FloorTo(int64_t seconds, int64_t step) {
    const int64_t rest = seconds % step;
    return seconds - (rest < 0 ? rest + step : rest);
}

}  // namespace gyre::telemetry::detail
