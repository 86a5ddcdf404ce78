#include "graph/number.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <optional>
#include <utility>

#include "graph/big_number.h"
#include "graph/compare.h"

namespace gyre::graph {
namespace {

using core::Code;
__extension__ using Wide = __int128;

/// Indexes of Value's alternatives, in the order of width.
enum Width : size_t { kByte = 2, kShort, kInt, kLong, kFloat, kDouble, kBigInteger, kBigDecimal };

constexpr Wide kWideMost = ~(Wide{1} << 127);
constexpr Wide kWideMax = std::numeric_limits<int64_t>::max();
constexpr Wide kWideMin = std::numeric_limits<int64_t>::min();

/// nullopt: more than 128 bits.
std::optional<Wide> ParseWide(const std::string& digits) {
    Wide value = 0;
    const bool negative = digits.starts_with('-');
    for (const char c : digits) {
        if (c == '.') break;
        if (c < '0' || c > '9') continue;
        const int digit = negative ? '0' - c : c - '0';
        if (__builtin_mul_overflow(value, Wide{10}, &value) ||
            __builtin_add_overflow(value, Wide{digit}, &value)) {
            return std::nullopt;
        }
    }
    return value;
}

std::string WideText(Wide value) {
    if (value == 0) return "0";
    const bool negative = value < 0;
    std::string text;
    while (value != 0) {
        const int digit = static_cast<int>(value % 10);
        text += static_cast<char>('0' + std::abs(digit));
        value /= 10;
    }
    if (negative) text += '-';
    std::ranges::reverse(text);
    return text;
}

std::optional<Wide> ToWide(const Value& v) {
    if (const auto* big = v.If<BigInteger>()) return ParseWide(big->digits);
    return ToInt64(v);
}

/// The sign and digits of a whole number, without zeros before them.
std::pair<bool, std::string> DigitsOf(const Value& v) {
    const auto* big = v.If<BigInteger>();
    std::string text = big != nullptr ? big->digits : std::to_string(ToInt64(v));
    text = text.substr(0, text.find('.'));
    const bool negative = text.starts_with('-');
    text.erase(0, text.find_first_of("123456789"));
    return {negative && !text.empty(), text};
}

std::strong_ordering CompareDigits(const Value& a, const Value& b) {
    const auto [a_negative, x] = DigitsOf(a);
    const auto [b_negative, y] = DigitsOf(b);
    if (a_negative != b_negative) return b_negative <=> a_negative;
    const auto order = x.size() != y.size() ? x.size() <=> y.size() : x <=> y;
    return a_negative ? 0 <=> order : order;
}

/// A whole result of operands of that width.
core::Result<Value> Whole(Wide result, size_t width, Overflow overflow) {
    if (overflow == Overflow::kWrap && width <= kLong) {
        if (width == kByte) return Value(static_cast<int8_t>(result));
        if (width == kShort) return Value(static_cast<int16_t>(result));
        if (width == kInt) return Value(static_cast<int32_t>(result));
        return Value(static_cast<int64_t>(result));
    }
    const auto fits = [&](auto limit) {
        using Limit = decltype(limit);
        return result >= std::numeric_limits<Limit>::min() &&
               result <= std::numeric_limits<Limit>::max();
    };
    if (width <= kByte && fits(int8_t{})) return Value(static_cast<int8_t>(result));
    if (width <= kShort && fits(int16_t{})) return Value(static_cast<int16_t>(result));
    if (width <= kInt && fits(int32_t{})) return Value(static_cast<int32_t>(result));
    if (width <= kLong && result >= kWideMin && result <= kWideMax) {
        return Value(static_cast<int64_t>(result));
    }
    if (overflow == Overflow::kFail && width <= kLong) {
        return core::Fail(Code::kInvalidArgument, "long overflow");
    }
    return Value(BigInteger{WideText(result)});
}

Value Floating(double result, size_t width) {
    if (width == kFloat) return Value(static_cast<float>(result));
    if (width == kBigDecimal) {
        std::string digits = std::to_string(result);
        digits.erase(digits.find_last_not_of('0') + 1);
        if (digits.ends_with('.')) digits += '0';
        return Value(BigDecimal{std::move(digits)});
    }
    return Value(result);
}

core::Result<size_t> WidthOf(const Value& a, const Value& b) {
    if (!a.IsNumber() || !b.IsNumber()) {
        const Value& bad = a.IsNumber() ? b : a;
        return core::Fail(Code::kInvalidArgument, std::string(TypeName(bad)) + " '" +
                                                      DisplayText(bad) + "' is not a number");
    }
    const bool fraction = !IsWhole(a) || !IsWhole(b);
    size_t width = std::max(a.Index(), b.Index());
    if (fraction && width == kBigInteger) width = kBigDecimal;
    if (fraction && width == kFloat && std::min(a.Index(), b.Index()) == kLong) width = kDouble;
    return width;
}

/// A number's digits, and how many of them stand behind the point.
struct Decimal {
    Wide digits = 0;
    int scale = 0;
};

constexpr int64_t kMostScale = 100;

/// As Java's BigDecimal reads the number's text; nullopt for NaN, infinity and more than 38 digits
/// or a scale beyond.
std::optional<Decimal> DecimalOf(const Value& v) {
    const Unscaled unscaled =
        UnscaledOf(v.Is<BigDecimal>() ? v.As<BigDecimal>() : BigDecimal{DisplayText(v)});
    const std::string& text = unscaled.digits;
    if (text.empty() || text.find_first_not_of("+-0123456789") != std::string::npos ||
        std::abs(unscaled.scale) > kMostScale) {
        return std::nullopt;
    }
    const auto digits = ParseWide(text);
    if (!digits) return std::nullopt;
    return Decimal{*digits, static_cast<int>(unscaled.scale)};
}

std::string DecimalText(const Decimal& decimal) {
    std::string text = WideText(decimal.digits);
    if (decimal.scale < 0 && decimal.digits != 0)
        text.append(static_cast<size_t>(-decimal.scale), '0');
    if (decimal.scale <= 0) return text;
    const auto behind = static_cast<size_t>(decimal.scale);
    const size_t sign = text.starts_with('-') ? 1 : 0;
    if (text.size() - sign <= behind) text.insert(sign, behind + 1 - (text.size() - sign), '0');
    text.insert(text.size() - behind, ".");
    return text;
}

/// False where it would have more than 38 digits.
bool Scale(Decimal& decimal, int scale) {
    for (; decimal.scale < scale; ++decimal.scale) {
        if (__builtin_mul_overflow(decimal.digits, Wide{10}, &decimal.digits)) return false;
    }
    return true;
}

/// Exactly, where it has a BigDecimal and the digits are not too many.
template <typename WholeOp>
std::optional<Value> CalculateDecimal(const Value& a, const Value& b, bool adds, WholeOp whole) {
    auto x = DecimalOf(a), y = DecimalOf(b);
    if (!x || !y) return std::nullopt;
    const int scale = adds ? std::max(x->scale, y->scale) : x->scale + y->scale;
    if (adds && (!Scale(*x, scale) || !Scale(*y, scale))) return std::nullopt;
    Decimal result{0, scale};
    if (whole(x->digits, y->digits, result.digits)) return std::nullopt;
    return Value(BigDecimal{DecimalText(result)});
}

/// Likewise of any number of digits; nullopt where there are too many.
std::optional<Value> CalculateLongDecimal(BigOperation operation, const Value& a, const Value& b) {
    const auto unscaled = [](const Value& v) {
        return UnscaledOf(v.Is<BigDecimal>() ? v.As<BigDecimal>() : BigDecimal{DisplayText(v)});
    };
    Unscaled x = unscaled(a), y = unscaled(b);
    for (const Unscaled& one : {x, y}) {
        if (one.digits.empty() || std::abs(one.scale) > kMostScale ||
            one.digits.find_first_not_of("+-0123456789") != std::string::npos) {
            return std::nullopt;
        }
    }
    const int64_t scale =
        operation == BigOperation::kMultiply ? x.scale + y.scale : std::max(x.scale, y.scale);
    if (operation != BigOperation::kMultiply) {
        for (Unscaled* one : {&x, &y}) {
            one->digits.append(static_cast<size_t>(scale - one->scale), '0');
        }
    }
    auto digits = CalculateBig(operation, x.digits, y.digits);
    if (!digits) return std::nullopt;
    return Value(ToBigDecimal({std::move(*digits), scale}));
}

/// `decimals`: how it is carried out on digits and scales; 0: not at all, 1: on equal scales, 2: on
/// any, whose sum is the result's.
template <typename WholeOp, typename FloatOp>
core::Result<Value> Calculate(BigOperation operation, const Value& a, const Value& b, int decimals,
                              Overflow overflow, WholeOp whole, FloatOp floating) {
    GYRE_ASSIGN(const size_t width, WidthOf(a, b));
    if (IsWhole(a) && IsWhole(b)) {
        const std::optional<Wide> x = ToWide(a);
        const std::optional<Wide> y = ToWide(b);
        Wide result = 0;
        if (!x || !y || whole(*x, *y, result)) {
            const auto digits = [](const Value& v) {
                return v.Is<BigInteger>() ? v.As<BigInteger>().digits : std::to_string(ToInt64(v));
            };
            GYRE_ASSIGN(std::string sum, CalculateBig(operation, digits(a), digits(b)));
            return Value(BigInteger{std::move(sum)});
        }
        return Whole(result, width, overflow);
    }
    if (width == kBigDecimal && decimals != 0) {
        if (auto exact = CalculateDecimal(a, b, decimals == 1, whole)) return std::move(*exact);
        if (auto exact = CalculateLongDecimal(operation, a, b)) return std::move(*exact);
    }
    return Floating(floating(ToDouble(a), ToDouble(b)), width);
}

/// The last digits go, and the one before them is rounded half up.
void Round(Unscaled& number, size_t digits) {
    std::string& text = number.digits;
    const size_t sign = text.starts_with('-') ? 1 : 0;
    const size_t kept = text.size() - digits;
    const bool up = text[kept] >= '5';
    text.resize(kept);
    number.scale -= static_cast<int64_t>(digits);
    size_t at = text.size();
    while (up && at > sign && text[at - 1] == '9') text[--at] = '0';
    if (up && at > sign) ++text[at - 1];
    if (up && at == sign) text.insert(sign, "1");
    if (text.size() == sign) text += '0';
}

size_t PrecisionOf(Wide number) {
    const std::string text = WideText(number);
    return text.size() - (text.starts_with('-') ? 1 : 0);
}

/// As the reference divides BigDecimals: exactly, or to ten digits more than the longer has, of
/// which ten stand behind the point, or as many as those of an operand.
BigDecimal Divide(const Decimal& x, const Decimal& y) {
    const size_t precision = std::max(PrecisionOf(x.digits), PrecisionOf(y.digits)) + 10;
    const int scale = std::max({x.scale, y.scale, 10});
    Wide divisor = y.digits < 0 ? -y.digits : y.digits;
    Wide rest = x.digits < 0 ? -x.digits : x.digits;
    Unscaled result{WideText(rest / divisor), x.scale - y.scale};
    rest %= divisor;
    // Whether it ends: the divisor, without what it has in common, is of twos and fives.
    Wide common = divisor;
    for (Wide other = rest; other != 0;) common = std::exchange(other, common % other);
    Wide primes = divisor / common;
    size_t twos = 0, fives = 0;
    for (; primes % 2 == 0; primes /= 2) ++twos;
    for (; primes % 5 == 0; primes /= 5) ++fives;
    const bool ends = primes == 1;
    if (result.digits == "0") result.digits.clear();
    for (size_t more = 0; ends ? more < std::max(twos, fives) : result.digits.size() <= precision;
         ++more) {
        rest *= 10;
        const auto digit = static_cast<int>(rest / divisor);
        rest %= divisor;
        if (digit != 0 || !result.digits.empty()) result.digits += static_cast<char>('0' + digit);
        ++result.scale;
    }
    if (result.digits.empty()) result.digits = "0";
    if (!ends) Round(result, result.digits.size() - precision);
    if (!ends && result.scale > scale &&
        result.digits.size() > static_cast<size_t>(result.scale - scale)) {
        Round(result, static_cast<size_t>(result.scale - scale));
    }
    if ((x.digits < 0) != (y.digits < 0) && result.digits != "0") result.digits.insert(0, "-");
    return ToBigDecimal(result);
}

bool IsNaN(const Value& v) {
    return (v.Is<double>() && std::isnan(v.As<double>())) ||
           (v.Is<float>() && std::isnan(v.As<float>()));
}

/// Zero of that number's type.
Value ZeroLike(const Value& number) {
    if (number.Is<double>()) return Value(0.0);
    if (number.Is<float>()) return Value(0.0F);
    const auto zero = MultiplyNumbers(number, Value(int8_t{0}));
    return zero ? *zero : Value(int8_t{0});
}

core::Result<Value> Extreme(const Value& a, const Value& b, bool least) {
    if (a.IsNull() || IsNaN(a)) return b;
    if (b.IsNull() || IsNaN(b)) return a;
    const auto order = OrderValues(a, b);
    const bool first = least ? order <= 0 : order >= 0;
    const Value &winner = first ? a : b, &loser = first ? b : a;
    if (!a.IsNumber() || !b.IsNumber()) return winner;
    if (winner.Is<BigInteger>() && IsWhole(loser)) return winner;  // the widest
    return AddNumbers(winner, ZeroLike(loser));
}

}  // namespace

bool IsWhole(const Value& v) {
    return (v.Index() >= kByte && v.Index() <= kLong) || v.Index() == kBigInteger;
}

double ToDouble(const Value& v) {
    switch (v.Index()) {
        case kByte:
            return v.As<int8_t>();
        case kShort:
            return v.As<int16_t>();
        case kInt:
            return v.As<int32_t>();
        case kLong:
            return static_cast<double>(v.As<int64_t>());
        case kFloat:
            return static_cast<double>(v.As<float>());
        case kDouble:
            return v.As<double>();
        case kBigInteger:
            return std::strtod(v.As<BigInteger>().digits.c_str(), nullptr);
        case kBigDecimal:
            return std::strtod(v.As<BigDecimal>().digits.c_str(), nullptr);
        default:
            return 0;
    }
}

int64_t ToInt64(const Value& v) {
    switch (v.Index()) {
        case kByte:
            return v.As<int8_t>();
        case kShort:
            return v.As<int16_t>();
        case kInt:
            return v.As<int32_t>();
        case kLong:
            return v.As<int64_t>();
        case kBigInteger: {
            const std::string& digits = v.As<BigInteger>().digits;
            const Wide beyond = digits.starts_with('-') ? kWideMin : kWideMax;
            const Wide wide = ParseWide(digits).value_or(beyond);
            return static_cast<int64_t>(std::clamp(wide, kWideMin, kWideMax));
        }
        default: {
            const double number = ToDouble(v);
            if (std::isnan(number)) return 0;
            if (number >= 9.2233720368547758e18) return std::numeric_limits<int64_t>::max();
            if (number <= -9.2233720368547758e18) return std::numeric_limits<int64_t>::min();
            return static_cast<int64_t>(number);
        }
    }
}

core::Result<Value> AddNumbers(const Value& a, const Value& b, Overflow overflow) {
    return Calculate(
        BigOperation::kAdd, a, b, 1, overflow,
        [](Wide x, Wide y, Wide& r) { return __builtin_add_overflow(x, y, &r); },
        [](double x, double y) { return x + y; });
}

core::Result<Value> SubtractNumbers(const Value& a, const Value& b, Overflow overflow) {
    return Calculate(
        BigOperation::kSubtract, a, b, 1, overflow,
        [](Wide x, Wide y, Wide& r) { return __builtin_sub_overflow(x, y, &r); },
        [](double x, double y) { return x - y; });
}

core::Result<Value> MultiplyNumbers(const Value& a, const Value& b, Overflow overflow) {
    return Calculate(
        BigOperation::kMultiply, a, b, 2, overflow,
        [](Wide x, Wide y, Wide& r) { return __builtin_mul_overflow(x, y, &r); },
        [](double x, double y) { return x * y; });
}

core::Result<Value> DivideNumbers(const Value& a, const Value& b, Overflow overflow) {
    if (IsWhole(b) && ToWide(b) == 0 && a.IsNumber() && IsWhole(a)) {
        return core::Fail(Code::kInvalidArgument, "division by zero");
    }
    GYRE_ASSIGN(const size_t width, WidthOf(a, b));
    if (width == kBigDecimal) {
        const auto x = DecimalOf(a), y = DecimalOf(b);
        if (y && y->digits == 0) return core::Fail(Code::kInvalidArgument, "Division by zero");
        if (x && y && y->digits <= kWideMost / 10 && y->digits >= -kWideMost / 10) {
            return Value(Divide(*x, *y));
        }
    }
    return Calculate(
        BigOperation::kDivide, a, b, 0, overflow,
        [](Wide x, Wide y, Wide& r) {
            if (y == -1) return __builtin_sub_overflow(Wide{0}, x, &r);
            r = x / y;
            return false;
        },
        [](double x, double y) { return x / y; });
}

core::Result<Value> LesserOf(const Value& a, const Value& b) {
    return Extreme(a, b, true);
}

core::Result<Value> GreaterOf(const Value& a, const Value& b) {
    return Extreme(a, b, false);
}

core::Result<Value> ToLong(const Value& sum, Overflow overflow) {
    const auto wide = sum.Is<BigInteger>() ? ToWide(sum) : std::nullopt;
    return wide ? Whole(*wide, kLong, overflow) : core::Result<Value>(sum);
}

Unscaled UnscaledOf(const BigDecimal& number) {
    Unscaled unscaled{number.digits, 0};
    std::string& text = unscaled.digits;
    if (const size_t e = text.find_first_of("eE"); e != std::string::npos) {
        const size_t from = e + 1 + (text.compare(e + 1, 1, "+") == 0 ? 1 : 0);
        std::from_chars(text.data() + from, text.data() + text.size(), unscaled.scale);
        unscaled.scale = -unscaled.scale;
        text.resize(e);
    }
    if (const size_t point = text.find('.'); point != std::string::npos) {
        unscaled.scale += static_cast<int64_t>(text.size() - point - 1);
        text.erase(point, 1);
    }
    return unscaled;
}

BigDecimal ToBigDecimal(const Unscaled& number) {
    std::string text = number.digits;
    const size_t sign = text.starts_with('-') ? 1 : 0;
    const auto size = static_cast<int64_t>(text.size() - sign);
    const int64_t exponent = size - 1 - number.scale;  // of the first digit
    if (number.scale < 0 || exponent < -6) {
        if (size > 1) text.insert(sign + 1, ".");
        return {text + (exponent > 0 ? "E+" : "E") + std::to_string(exponent)};
    }
    const auto behind = static_cast<size_t>(number.scale);
    if (behind == 0) return {std::move(text)};
    if (size <= number.scale) text.insert(sign, behind + 1 - static_cast<size_t>(size), '0');
    text.insert(text.size() - behind, ".");
    return {std::move(text)};
}

std::partial_ordering CompareNumbers(const Value& a, const Value& b) {
    if (IsWhole(a) && IsWhole(b)) {
        const std::optional<Wide> x = ToWide(a);
        const std::optional<Wide> y = ToWide(b);
        if (x && y) return *x <=> *y;
        return CompareDigits(a, b);
    }
    return ToDouble(a) <=> ToDouble(b);
}

}  // namespace gyre::graph
