#include "graph/gremlin/literal.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <limits>
#include <string>

#include "graph/big_number.h"
#include "graph/number.h"

namespace gyre::graph::gremlin {
namespace {

using core::Code;

template <typename Whole>
core::Result<Value> Fitting(const std::string& digits, int base, std::string_view type) {
    Whole number = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
    if (error != std::errc() || end != digits.data() + digits.size()) {
        return core::Fail(Code::kInvalidArgument,
                          digits + " does not fit a number of type " + std::string(type));
    }
    return Value(number);
}

core::Result<Value> Big(const std::string& digits, int base) {
    GYRE_ASSIGN(std::string decimal, ToDecimalDigits(digits, base));
    return Value(BigInteger{std::move(decimal)});
}

/// The longest exponent of a BigDecimal, with its letter and sign.
constexpr size_t kExponent = 11;

}  // namespace

core::Result<Value> ParseNumber(std::string_view text, bool negative) {
    std::string digits;
    for (const char c : text) {
        if (c != '_') digits += c;
    }
    const bool hex = digits.starts_with("0x") || digits.starts_with("0X");
    char suffix = 0;
    const char last = digits.back();
    const std::string_view suffixes = hex ? "sSiIlLnN" : "bBsSiIlLnNfFdDmM";
    if (suffixes.find(last) != std::string_view::npos) {
        suffix = static_cast<char>(last | 0x20);
        digits.pop_back();
    }
    if (hex) digits.erase(0, 2);
    if (digits.empty()) return core::Fail(Code::kInvalidArgument, "expected digits");
    const bool fraction = !hex && digits.find_first_of(".eE") != std::string::npos;
    const int base = hex ? 16 : digits.size() > 1 && digits[0] == '0' && !fraction ? 8 : 10;
    if (negative) digits.insert(0, "-");
    switch (suffix) {
        case 'b':
            return Fitting<int8_t>(digits, base, "Byte");
        case 's':
            return Fitting<int16_t>(digits, base, "Short");
        case 'i':
            return Fitting<int32_t>(digits, base, "Integer");
        case 'l':
            return Fitting<int64_t>(digits, base, "Long");
        case 'n':
            if (hex)
                return core::Fail(Code::kInvalidArgument, digits + " is of base 16: no BigInteger");
            return Big(digits, 10);
        case 'f':
            return Value(std::strtof(digits.c_str(), nullptr));
        case 'd':
            return Value(std::strtod(digits.c_str(), nullptr));
        case 'm': {
            const size_t exponent = digits.find_first_of("eE");
            if (exponent != std::string::npos && digits.size() - exponent > kExponent) {
                return core::Fail(Code::kInvalidArgument, digits + " is too large");
            }
            return Value(ToBigDecimal(UnscaledOf({digits})));
        }
        default:
            break;
    }
    if (fraction) return Value(std::strtod(digits.c_str(), nullptr));
    if (auto small = Fitting<int32_t>(digits, base, "Integer")) return small;
    if (auto wide = Fitting<int64_t>(digits, base, "Long")) return wide;
    return Big(digits, base);
}

}  // namespace gyre::graph::gremlin
