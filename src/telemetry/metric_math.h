#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace gyre::telemetry {

/// Values by the second that their period begins with.
using Points = std::map<int64_t, double>;

struct MathSeries {
    Points points;
    int64_t period = 60;  ///< seconds
};

/// The series of an id ("m1"); null where there is none.
using MathLookup = std::function<const MathSeries*(std::string_view id)>;

/// CloudWatch's metric math over series that are there: + - * / ^, numbers, ids, lists in brackets,
/// ABS AVG CEIL DIFF FILL FLOOR MAX METRICS MIN PERIOD RATE RUNNING_SUM SUM. A moment that one side
/// lacks, and a division by zero, give no value. `all` is what METRICS() means. Errors:
/// kInvalidArgument "ValidationError" for what it cannot read; kUnimplemented for other functions.
[[nodiscard]] core::Result<MathSeries> EvaluateMath(std::string_view expression,
                                                    const MathLookup& lookup,
                                                    const std::vector<const MathSeries*>& all);

}  // namespace gyre::telemetry
