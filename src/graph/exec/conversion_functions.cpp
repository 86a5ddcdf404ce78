#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <map>

#include "graph/big_number.h"
#include "graph/exec/functions.h"
#include "graph/number.h"

namespace gyre::graph::exec {
namespace {

using core::Result;

tl::unexpected<core::Error> Refuse(std::string message) {
    return core::Fail(core::Code::kInvalidArgument, "InvalidParameterException",
                      std::move(message));
}

tl::unexpected<core::Error> NotADate(const char* function, const Value& value) {
    return Refuse(std::string("The ") + function + "() step can only take a date, encountered " +
                  std::string(TypeName(value)) + " " + DisplayText(value));
}

Result<Value> AsString(const Value& value, const Values&) {
    if (value.IsNull()) return Value();
    return Value(DisplayText(value));
}
Result<Value> AsStringOfSome(const Value& value, const Values&) {
    if (value.IsNull()) return Refuse("Can't parse null as String.");
    return Value(DisplayText(value));
}

Result<Value> AsDate(const Value& value, const Values&) {
    if (value.Is<Date>()) return value;
    if (value.IsNumber() && IsWhole(value)) return Value(Date{ToInt64(value), 0});
    Date date;
    if (value.Is<std::string>() && ParseDate(value.As<std::string>(), date)) return Value(date);
    return Refuse("Can't parse " + DisplayText(value) + " as Date.");
}

Result<Value> DateAdd(const Value& value, const Values& arguments) {
    static constexpr int64_t kUnits[] = {1000, 60'000, 3'600'000, 86'400'000};
    if (!value.Is<Date>() || arguments.size() != 2 || !arguments[0].IsToken(TokenKind::kTimeUnit) ||
        !arguments[1].IsNumber()) {
        return NotADate("dateAdd", value);
    }
    Date date = value.As<Date>();
    int64_t more = 0;
    if (__builtin_mul_overflow(ToInt64(arguments[1]), kUnits[arguments[0].As<Token>().value],
                               &more) ||
        __builtin_add_overflow(date.milliseconds, more, &date.milliseconds)) {
        return Refuse("The date of dateAdd() is out of range");
    }
    return Value(date);
}

/// In seconds; since 3.8 in milliseconds.
template <int64_t unit>
Result<Value> DateDiff(const Value& value, const Values& arguments) {
    if (!value.Is<Date>() || arguments.size() != 1) return NotADate("dateDiff", value);
    const int64_t other = arguments[0].Is<Date>() ? arguments[0].As<Date>().milliseconds : 0;
    return Value((value.As<Date>().milliseconds - other) / unit);
}

std::string_view Trimmed(std::string_view text) {
    const size_t begin = text.find_first_not_of(" \t\r\n");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

/// The least of Integer, Long and BigInteger that holds it.
Result<Value> WholeOf(std::string_view digits, int base, bool negative) {
    uint64_t magnitude = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), magnitude, base);
    const uint64_t most = uint64_t{INT64_MAX} + (negative ? 1 : 0);
    if (error != std::errc() || magnitude > most) {
        GYRE_ASSIGN(std::string decimal,
                    ToDecimalDigits((negative ? "-" : "") + std::string(digits), base));
        return Value(BigInteger{std::move(decimal)});
    }
    const auto number = static_cast<int64_t>(negative ? 0 - magnitude : magnitude);
    if (number >= INT32_MIN && number <= INT32_MAX) return Value(static_cast<int32_t>(number));
    return Value(number);
}

/// Of digits with a point or an exponent: those that count, and where the point stands.
std::pair<std::string, int64_t> Significant(std::string_view text) {
    std::string digits;
    int64_t exponent = 0;
    bool behind = false;
    for (size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '.') {
            behind = true;
        } else if (c == 'e' || c == 'E') {
            exponent += std::strtoll(std::string(text.substr(i + 1)).c_str(), nullptr, 10);
            break;
        } else if (c >= '0' && c <= '9') {
            digits += c;
            if (behind) --exponent;
        }
    }
    while (digits.ends_with('0')) {
        digits.pop_back();
        ++exponent;
    }
    digits.erase(0, digits.find_first_not_of('0'));
    return digits.empty() ? std::pair{digits, int64_t{0}} : std::pair{digits, exponent};
}

/// The least of Float, Double and BigDecimal that says the same digits.
Value FractionOf(const std::string& text) {
    const double wide = std::strtod(text.c_str(), nullptr);
    const float narrow = std::strtof(text.c_str(), nullptr);
    const auto wanted = Significant(text);
    const std::string shortest = DisplayText(Value(wide));
    if (std::isfinite(narrow) && DisplayText(Value(narrow)) == shortest) return Value(narrow);
    if (std::isfinite(wide) && Significant(shortest) == wanted) return Value(wide);
    return Value(BigDecimal{text});
}

/// As commons-lang's NumberUtils, by which the reference reads: "12", "0x1F", "017", "1.5e3", each
/// with a suffix f, d or l perhaps.
Result<Value> NumberOf(const std::string& given) {
    const auto wrong = [&] { return Refuse("Can't parse string '" + given + "' as number."); };
    std::string_view rest = Trimmed(given);
    const bool negative = rest.starts_with('-');
    if (negative || rest.starts_with('+')) rest.remove_prefix(1);
    const auto only = [](std::string_view text, std::string_view allowed) {
        return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
    };
    const std::string sign = negative ? "-" : "";
    if (rest.starts_with("0x") || rest.starts_with("0X") || rest.starts_with('#')) {
        rest.remove_prefix(rest.starts_with('#') ? 1 : 2);
        if (!only(rest, "0123456789abcdefABCDEF")) return wrong();
        return WholeOf(rest, 16, negative);
    }
    constexpr std::string_view kDigits = "0123456789";
    const char last = rest.empty() ? '\0' : static_cast<char>(rest.back() | 0x20);
    const bool suffixed = last == 'f' || last == 'd' || last == 'l';
    const std::string_view plain = rest.substr(0, rest.size() - (suffixed ? 1 : 0));
    if (only(plain, kDigits) && last != 'f' && last != 'd') {
        const bool octal = plain.size() > 1 && plain[0] == '0';
        if (octal && !only(plain, "01234567")) return wrong();
        GYRE_ASSIGN(Value whole, WholeOf(plain, octal ? 8 : 10, negative));
        return last == 'l' && whole.Is<int32_t>() ? Value(ToInt64(whole)) : whole;
    }
    const std::string text = sign + std::string(plain);
    char* end = nullptr;
    const double number = std::strtod(text.c_str(), &end);
    if (last == 'l' || !only(plain, "0123456789.eE+-") || end != text.c_str() + text.size()) {
        return wrong();
    }
    if (last == 'f') return Value(std::strtof(text.c_str(), nullptr));
    return last == 'd' ? Value(number) : FractionOf(text);
}

std::string_view NameOf(std::string_view type) {
    static constexpr std::pair<std::string_view, std::string_view> kNames[] = {
        {"BYTE", "Byte"},         {"SHORT", "Short"},           {"INT", "Integer"},
        {"LONG", "Long"},         {"FLOAT", "Float"},           {"DOUBLE", "Double"},
        {"BIGINT", "BigInteger"}, {"BIGDECIMAL", "BigDecimal"}, {"NUMBER", "Number"}};
    const auto* found =
        std::ranges::find(kNames, type, &std::pair<std::string_view, std::string_view>::first);
    return found == std::end(kNames) ? "" : found->second;
}

/// The number's digits before the point.
std::string WholeDigits(const Value& number) {
    if (IsWhole(number)) return DisplayText(number);
    const auto [digits, exponent] =
        Significant(number.Is<BigDecimal>() ? number.As<BigDecimal>().digits : DisplayText(number));
    const bool negative = ToDouble(number) < 0;
    std::string whole = digits;
    if (exponent >= 0)
        whole.append(static_cast<size_t>(exponent), '0');
    else
        whole.resize(whole.size() > static_cast<size_t>(-exponent)
                         ? whole.size() - static_cast<size_t>(-exponent)
                         : 0);
    if (whole.empty()) return "0";
    return (negative ? "-" : "") + whole;
}

template <typename Whole>
Result<Value> Narrowed(const Value& number, std::string_view type) {
    if (!IsWhole(number) && !std::isfinite(ToDouble(number))) {
        return Refuse(
            "Can't convert " +
            std::string(std::isnan(ToDouble(number)) ? "NaN" : "floating point infinity") + " to " +
            std::string(NameOf(type)) + ".");
    }
    Whole whole = 0;
    const bool far = !IsWhole(number) && std::abs(ToDouble(number)) > 1e19;
    const std::string digits = far ? "" : WholeDigits(number);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), whole);
    if (far || error != std::errc() || end != digits.data() + digits.size()) {
        return Refuse("Can't convert number of type " + std::string(TypeName(number)) + " to " +
                      std::string(NameOf(type)) + " due to overflow.");
    }
    return Value(whole);
}

Result<Value> Cast(const Value& number, const std::string& type) {
    if (type == "NUMBER") return number;
    if (type == "BYTE") return Narrowed<int8_t>(number, type);
    if (type == "SHORT") return Narrowed<int16_t>(number, type);
    if (type == "INT") return Narrowed<int32_t>(number, type);
    if (type == "LONG") return Narrowed<int64_t>(number, type);
    const double real = ToDouble(number);
    const bool finite = std::isfinite(real) || IsWhole(number) || number.Is<BigDecimal>();
    const auto overflow = [&] {
        return Refuse("Can't convert number of type " + std::string(TypeName(number)) + " to " +
                      std::string(NameOf(type)) + " due to overflow.");
    };
    if (type == "FLOAT") {
        if (finite && std::abs(real) > double{std::numeric_limits<float>::max()}) return overflow();
        return Value(static_cast<float>(real));
    }
    if (type == "DOUBLE") {
        if (finite && !std::isfinite(real)) return overflow();
        // A Float's digits, and not what its bits are to a Double.
        if (number.Is<float>()) return Value(std::strtod(DisplayText(number).c_str(), nullptr));
        return Value(real);
    }
    if (!finite)
        return Refuse("Can't convert " + DisplayText(number) + " to " + std::string(NameOf(type)) +
                      ".");
    if (type == "BIGDECIMAL") {
        if (number.Is<BigDecimal>()) return number;
        return Value(BigDecimal{DisplayText(number)});
    }
    if (number.Is<BigDecimal>()) {
        const int64_t exponent = Significant(number.As<BigDecimal>().digits).second;
        if (exponent > static_cast<int64_t>(kMostDigits)) return overflow();
    }
    return Value(BigInteger{WholeDigits(number)});
}

Result<Value> AsNumber(const Value& value, const Values& arguments) {
    if (value.IsNull()) return Value();
    Value number = value;
    if (const auto* text = value.If<std::string>()) {
        GYRE_ASSIGN(number, NumberOf(*text));
    } else if (const auto* date = value.If<Date>()) {
        number = Value(date->milliseconds);
    } else if (!value.IsNumber()) {
        const std::string type(value.Is<Ptr<List>>() ? "ArrayList" : TypeName(value));
        return Refuse("Can't parse type " + type + " as number.");
    }
    return arguments.empty() ? number : Cast(number, DisplayText(arguments[0]));
}

Result<Value> AsBool(const Value& value, const Values&) {
    if (value.Is<bool>()) return value;
    if (value.IsNumber()) {
        const double number = ToDouble(value);
        return Value(!std::isnan(number) && number != 0);
    }
    std::string lower;
    if (const auto* text = value.If<std::string>()) {
        for (const char c : Trimmed(*text)) lower += c >= 'A' && c <= 'Z' ? char(c + 32) : c;
    }
    if (lower == "true" || lower == "false") return Value(lower == "true");
    return Refuse("Can't parse " + DisplayText(value) + " as Boolean.");
}

}  // namespace

bool IsNumberType(std::string_view name) {
    return !NameOf(name).empty();
}

Function ConversionFunction(std::string_view name, const Rules& rules) {
    static const std::map<std::string_view, std::pair<Function, Function>> kFunctions = {
        {"asString", {AsString, AsStringOfSome}}, {"asDate", {AsDate, AsDate}},
        {"dateAdd", {DateAdd, DateAdd}},          {"dateDiff", {DateDiff<1000>, DateDiff<1>}},
        {"asNumber", {AsNumber, AsNumber}},       {"asBool", {AsBool, AsBool}},
    };
    const auto found = kFunctions.find(name);
    if (found == kFunctions.end()) return nullptr;
    return rules.Is38() ? found->second.second : found->second.first;
}

}  // namespace gyre::graph::exec
