#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gyre::graph::sparql {

__extension__ using WideInteger = __int128;

/// A number of up to 38 digits, at most 18 of them behind the point.
struct Decimal {
    WideInteger unscaled = 0;
    uint8_t scale = 0;  ///< digits behind the point; none of the last is 0

    [[nodiscard]] double ToDouble() const;
    [[nodiscard]] bool IsWhole() const { return scale == 0; }
    /// As xsd:integer and xsd:decimal write it: "3.5"; a whole one "3", or "3.0" where `point`.
    [[nodiscard]] std::string Text(bool point = false) const;
};

/// Of digits with a sign and, where `point` allows one, a point. Nullopt for anything else and
/// for more than fits.
[[nodiscard]] std::optional<Decimal> ParseDecimal(std::string_view text, bool point);
/// The nearest; nullopt for what has no place.
[[nodiscard]] std::optional<Decimal> ToDecimal(double real);

// Nullopt for what does not fit, and for a division by zero.
[[nodiscard]] std::optional<Decimal> Add(const Decimal& a, const Decimal& b);
[[nodiscard]] std::optional<Decimal> Subtract(const Decimal& a, const Decimal& b);
[[nodiscard]] std::optional<Decimal> Multiply(const Decimal& a, const Decimal& b);
[[nodiscard]] std::optional<Decimal> Divide(const Decimal& a, const Decimal& b);
[[nodiscard]] std::strong_ordering Compare(const Decimal& a, const Decimal& b);

enum class Rounding : uint8_t { kFloor, kCeiling, kHalfUp, kToZero };
[[nodiscard]] Decimal Rounded(const Decimal& decimal, Rounding rounding);

}  // namespace gyre::graph::sparql
