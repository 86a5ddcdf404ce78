#include "graph/sparql/decimal.h"

#include <algorithm>
#include <cmath>

namespace gyre::graph::sparql {
namespace {

constexpr uint8_t kMostScale = 18;

WideInteger Power(uint8_t exponent) {
    WideInteger power = 1;
    for (uint8_t i = 0; i < exponent; ++i) power *= 10;
    return power;
}

Decimal Normal(WideInteger unscaled, uint8_t scale) {
    while (scale > 0 && unscaled % 10 == 0) {
        unscaled /= 10;
        --scale;
    }
    return {unscaled, scale};
}

/// With digits behind the point cut off until it fits.
Decimal Cut(WideInteger unscaled, int scale) {
    for (; scale > kMostScale; --scale) unscaled /= 10;
    return Normal(unscaled, static_cast<uint8_t>(scale));
}

bool Scaled(const Decimal& decimal, uint8_t scale, WideInteger& unscaled) {
    return !__builtin_mul_overflow(decimal.unscaled,
                                   Power(static_cast<uint8_t>(scale - decimal.scale)), &unscaled);
}

}  // namespace

double Decimal::ToDouble() const {
    return static_cast<double>(static_cast<long double>(unscaled) /
                               static_cast<long double>(Power(scale)));
}

std::string Decimal::Text(bool point) const {
    const bool negative = unscaled < 0;
    std::string digits;
    for (WideInteger rest = unscaled; rest != 0 || digits.size() <= scale; rest /= 10) {
        const int digit = static_cast<int>(rest % 10);
        digits += static_cast<char>('0' + (digit < 0 ? -digit : digit));
    }
    if (negative) digits += '-';
    std::ranges::reverse(digits);
    if (scale > 0) {
        digits.insert(digits.size() - scale, ".");
    } else if (point) {
        digits += ".0";
    }
    return digits;
}

std::optional<Decimal> ParseDecimal(std::string_view text, bool point) {
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    WideInteger unscaled = 0;
    int scale = -1;
    bool digits = false;
    for (const char c : text) {
        if (c == '.' && point && scale < 0) {
            scale = 0;
            continue;
        }
        if (c < '0' || c > '9') return std::nullopt;
        digits = true;
        if (scale >= kMostScale) continue;  // finer than is kept
        if (__builtin_mul_overflow(unscaled, WideInteger{10}, &unscaled) ||
            __builtin_add_overflow(unscaled, WideInteger{c - '0'}, &unscaled)) {
            return std::nullopt;
        }
        if (scale >= 0) ++scale;
    }
    if (!digits) return std::nullopt;
    return Normal(negative ? -unscaled : unscaled, static_cast<uint8_t>(std::max(scale, 0)));
}

std::optional<Decimal> ToDecimal(double real) {
    if (!std::isfinite(real) || std::fabs(real) >= 1e20) return std::nullopt;
    // As many digits as a double has, so that 0.1 stays 0.1.
    const double magnitude = std::fabs(real) < 1 ? 1 : std::fabs(real);
    const int whole = static_cast<int>(std::floor(std::log10(magnitude))) + 1;
    const auto scale = static_cast<uint8_t>(std::clamp(16 - whole, 0, int{kMostScale}));
    const long double scaled =
        std::roundl(static_cast<long double>(real) * static_cast<long double>(Power(scale)));
    return Normal(static_cast<WideInteger>(scaled), scale);
}

std::optional<Decimal> Add(const Decimal& a, const Decimal& b) {
    const uint8_t scale = std::max(a.scale, b.scale);
    WideInteger x = 0, y = 0;
    if (!Scaled(a, scale, x) || !Scaled(b, scale, y) || __builtin_add_overflow(x, y, &x)) {
        return std::nullopt;
    }
    return Normal(x, scale);
}

std::optional<Decimal> Subtract(const Decimal& a, const Decimal& b) {
    return Add(a, {-b.unscaled, b.scale});
}

std::optional<Decimal> Multiply(const Decimal& a, const Decimal& b) {
    WideInteger product = 0;
    if (__builtin_mul_overflow(a.unscaled, b.unscaled, &product)) return std::nullopt;
    return Cut(product, a.scale + b.scale);
}

std::optional<Decimal> Divide(const Decimal& a, const Decimal& b) {
    if (b.unscaled == 0) return std::nullopt;
    WideInteger numerator = a.unscaled;
    int scale = a.scale - b.scale;
    // As many digits as there is room for.
    while (scale < kMostScale && (scale < 0 || numerator % b.unscaled != 0)) {
        WideInteger more = 0;
        if (__builtin_mul_overflow(numerator, WideInteger{10}, &more)) break;
        numerator = more;
        ++scale;
    }
    if (scale < 0) return std::nullopt;
    return Cut(numerator / b.unscaled, scale);
}

std::strong_ordering Compare(const Decimal& a, const Decimal& b) {
    const uint8_t scale = std::max(a.scale, b.scale);
    WideInteger x = 0, y = 0;
    if (Scaled(a, scale, x) && Scaled(b, scale, y)) return x <=> y;
    const double p = a.ToDouble(), q = b.ToDouble();
    return p < q   ? std::strong_ordering::less
           : p > q ? std::strong_ordering::greater
                   : std::strong_ordering::equal;
}

Decimal Rounded(const Decimal& decimal, Rounding rounding) {
    if (decimal.scale == 0) return decimal;
    const WideInteger power = Power(decimal.scale);
    WideInteger whole = decimal.unscaled / power;
    const WideInteger rest = decimal.unscaled % power;
    switch (rounding) {
        case Rounding::kFloor:
            if (rest < 0) --whole;
            break;
        case Rounding::kCeiling:
            if (rest > 0) ++whole;
            break;
        case Rounding::kHalfUp:
            if (rest * 2 >= power) ++whole;
            if (rest * 2 < -power) --whole;
            break;
        case Rounding::kToZero:
            break;
    }
    return {whole, 0};
}

}  // namespace gyre::graph::sparql
