#pragma once

#include <optional>
#include <string_view>

#include "core/result.h"
#include "telemetry/statistic.h"

namespace gyre::telemetry::detail {

/// One of CloudWatch's statistics: Average, Sum, Minimum, Maximum, SampleCount, or a percentile
/// "p99.9".
class StatisticName {
  public:
    /// Errors: kInvalidArgument; kUnimplemented for trimmed means, percentile ranks and the like.
    [[nodiscard]] static core::Result<StatisticName> Parse(std::string_view text);
    /// nullopt for a percentile of values of which only sums are known.
    [[nodiscard]] std::optional<double> Of(const Statistic& statistic) const;

  private:
    enum class Kind { kAverage, kSum, kMinimum, kMaximum, kSampleCount, kPercentile };
    Kind kind_ = Kind::kAverage;
    double percent_ = 0;
};

}  // namespace gyre::telemetry::detail
