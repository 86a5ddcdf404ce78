#pragma once

#include <cstdint>
#include <string>

#include "core/result.h"
#include "graph/rules.h"
#include "graph/value.h"

namespace gyre::graph {

/// What becomes of a whole result that does not fit the wider type of its operands: it is of the
/// next wider type; of that type's lowest bits, as in Gremlin 3.7; or a Long at most and else an
/// error, as in 3.8.
enum class Overflow : uint8_t { kWiden, kWrap, kFail };
[[nodiscard]] inline Overflow OverflowOf(const Rules& rules) {
    return rules.Is38() ? Overflow::kFail : Overflow::kWrap;
}

/// Arithmetic of Gremlin's numbers: the result has the wider type of the two. TinkerPop's
/// NumberHelper.
[[nodiscard]] core::Result<Value> AddNumbers(const Value& a, const Value& b,
                                             Overflow overflow = Overflow::kWiden);
[[nodiscard]] core::Result<Value> SubtractNumbers(const Value& a, const Value& b,
                                                  Overflow overflow = Overflow::kWiden);
[[nodiscard]] core::Result<Value> MultiplyNumbers(const Value& a, const Value& b,
                                                  Overflow overflow = Overflow::kWiden);
/// Whole numbers divide to a whole number. Errors: kInvalidArgument for a division by zero of whole
/// numbers and of BigDecimals.
[[nodiscard]] core::Result<Value> DivideNumbers(const Value& a, const Value& b,
                                                Overflow overflow = Overflow::kWiden);
/// The lesser of the two or the greater, of the wider type; null and NaN do not count beside
/// another. Of others than numbers by their order.
[[nodiscard]] core::Result<Value> LesserOf(const Value& a, const Value& b);
[[nodiscard]] core::Result<Value> GreaterOf(const Value& a, const Value& b);
/// A sum of Longs that was kept in full.
[[nodiscard]] core::Result<Value> ToLong(const Value& sum, Overflow overflow);

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
