#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/json.h"
#include "core/result.h"

namespace gyre::engine {

/// What was measured of a model in one precision, at load on this machine.
struct PrecisionTrial {
    std::string precision;  ///< "fp32", "bf16", "int8"
    double error = 0;       ///< relative error (L2) against fp32, over all samples together
    double worst = 0;       ///< the same of the worst sample
    double same_best = 1;   ///< part of the rows whose largest value is in the same place
    std::map<int, double> milliseconds;  ///< of a batch, by its rows
    std::string unusable;                ///< why it could not even be tried; "" where it was
};

struct PrecisionChoice {
    size_t index = 0;  ///< among the trials
    std::string why;   ///< one sentence, for people
};

/// `wanted` is "auto" or a precision. auto: the fastest per row (at the most rows that all have
/// been measured with) of those within `tolerance`, and the more exact where another gains less
/// than 5%. trials[0] is the reference and always usable. Errors: kInvalidArgument where a wanted
/// precision could not be tried, with its reason.
[[nodiscard]] core::Result<PrecisionChoice> ChoosePrecision(
    const std::vector<PrecisionTrial>& trials, const std::string& wanted, double tolerance);

/// [{"precision", "error", "worst_error", "same_best", "ms": {"1": …, "8": …}} …] as DescribeModel
/// shows it.
[[nodiscard]] core::Json DescribeTrials(const std::vector<PrecisionTrial>& trials);

}  // namespace gyre::engine
