#pragma once

#include <string>
#include <string_view>

#include "core/result.h"

namespace gyre::graph {

/// Of a whole number that is written out; what has more is refused.
constexpr size_t kMostDigits = 10'000;

/// Arithmetic of whole numbers of any size, as decimal texts with their signs: for those that no
/// word of the machine holds. Division is towards zero, and by zero a bug. Errors: kInvalidArgument
/// where an operand or the result has more than kMostDigits digits.
enum class BigOperation : uint8_t { kAdd, kSubtract, kMultiply, kDivide };
[[nodiscard]] core::Result<std::string> CalculateBig(BigOperation operation, std::string_view a,
                                                     std::string_view b);

/// The decimal text of digits of another base, up to 16, with their sign. Errors: as
/// CalculateBig's.
[[nodiscard]] core::Result<std::string> ToDecimalDigits(std::string_view digits, int base);

}  // namespace gyre::graph
