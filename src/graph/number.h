#pragma once

#include <cstdint>
#include <string>

#include "core/result.h"
#include "graph/value.h"

namespace gyre::graph {

/// Arithmetic of Gremlin's numbers: the result has the wider type of the two; a whole result that
/// does not fit is of the next wider type. TinkerPop's NumberHelper.
[[nodiscard]] core::Result<Value> AddNumbers(const Value& a, const Value& b);
[[nodiscard]] core::Result<Value> SubtractNumbers(const Value& a, const Value& b);
[[nodiscard]] core::Result<Value> MultiplyNumbers(const Value& a, const Value& b);
/// Whole numbers divide to a whole number. Errors: kInvalidArgument for a whole division by zero.
[[nodiscard]] core::Result<Value> DivideNumbers(const Value& a, const Value& b);

/// By value; of a wide number the nearest double.
[[nodiscard]] double ToDouble(const Value& number);
/// Of a whole number; of others cut.
[[nodiscard]] int64_t ToInt64(const Value& number);
[[nodiscard]] bool IsWhole(const Value& number);

/// A BigDecimal is its digits over ten to the power of a scale. Broken texts have no digits.
struct Unscaled {
    std::string digits;  ///< of a whole number, with its sign
    int64_t scale = 0;
};
[[nodiscard]] Unscaled UnscaledOf(const BigDecimal& number);
/// As java.math.BigDecimal writes it, with an exponent where the scale is negative or large.
[[nodiscard]] BigDecimal ToBigDecimal(const Unscaled& number);

/// -1, 0, 1; unordered when one is NaN.
[[nodiscard]] std::partial_ordering CompareNumbers(const Value& a, const Value& b);

}  // namespace gyre::graph
