#include <charconv>
#include <cmath>
#include <cstdlib>
#include <numbers>
#include <random>

#include "graph/exec/cypher_values.h"
#include "graph/exec/detail/cypher_functions.h"
#include "graph/number.h"

namespace gyre::graph::exec::detail {
namespace {

constexpr double kDegrees = 180 / std::numbers::pi;

double Acos(double x) {
    return std::acos(x);
}
double Asin(double x) {
    return std::asin(x);
}
double Atan(double x) {
    return std::atan(x);
}
double Ceil(double x) {
    return std::ceil(x);
}
double Cos(double x) {
    return std::cos(x);
}
double Cot(double x) {
    return 1 / std::tan(x);
}
double Degrees(double x) {
    return x * kDegrees;
}
double Exp(double x) {
    return std::exp(x);
}
double Floor(double x) {
    return std::floor(x);
}
double Haversin(double x) {
    return (1 - std::cos(x)) / 2;
}
double Log(double x) {
    return std::log(x);
}
double Log10(double x) {
    return std::log10(x);
}
double Radians(double x) {
    return x / kDegrees;
}
double Sin(double x) {
    return std::sin(x);
}
double Sqrt(double x) {
    return std::sqrt(x);
}
double Tan(double x) {
    return std::tan(x);
}

template <double (*function)(double)>
Value OfNumber(Context& context, const Values& a) {
    if (!a[0].IsNumber()) return WrongType(context, "the function", a[0]);
    return Value(function(ToDouble(a[0])));
}

Value Abs(Context& context, const Values& a) {
    if (!a[0].IsNumber()) return WrongType(context, "abs", a[0]);
    if (!IsWhole(a[0])) return Value(std::fabs(ToDouble(a[0])));
    const int64_t number = ToInt64(a[0]);
    if (number == INT64_MIN) {
        FailCypher(context, "ArithmeticError", "IntegerOverflow", "an integer overflows");
        return Value();
    }
    return Value(std::abs(number));
}

Value Sign(Context& context, const Values& a) {
    if (!a[0].IsNumber()) return WrongType(context, "sign", a[0]);
    const double number = ToDouble(a[0]);
    return Value(int64_t{number > 0 ? 1 : number < 0 ? -1 : 0});
}

// Halves are rounded up, as in the reference implementation.
Value Round(Context& context, const Values& a) {
    if (!a[0].IsNumber()) return WrongType(context, "round", a[0]);
    const double number = ToDouble(a[0]);
    if (a.size() == 1) return Value(std::floor(number + 0.5));
    if (!a[1].IsNumber()) return WrongType(context, "round", a[1]);
    const double scale = std::pow(10, ToDouble(a[1]));
    return Value(std::floor(number * scale + 0.5) / scale);
}

Value Atan2(Context& context, const Values& a) {
    if (!a[0].IsNumber() || !a[1].IsNumber()) return WrongType(context, "atan2", a[0]);
    return Value(std::atan2(ToDouble(a[0]), ToDouble(a[1])));
}

Value ToInteger(Context& context, const Values& a) {
    if (a[0].IsNumber()) return Value(ToInt64(a[0]));
    const auto* text = a[0].If<std::string>();
    if (text == nullptr) return WrongValue(context, "toInteger", a[0]);
    int64_t whole = 0;
    const auto [at, error] = std::from_chars(text->data(), text->data() + text->size(), whole);
    if (error == std::errc() && at == text->data() + text->size()) return Value(whole);
    char* end = nullptr;
    const double number = std::strtod(text->c_str(), &end);
    const bool all = !text->empty() && end == text->c_str() + text->size();
    return all && std::fabs(number) < 9.3e18 ? Value(ToInt64(Value(number))) : Value();
}

Value ToFloat(Context& context, const Values& a) {
    if (a[0].IsNumber()) return Value(ToDouble(a[0]));
    const auto* text = a[0].If<std::string>();
    if (text == nullptr) return WrongValue(context, "toFloat", a[0]);
    char* end = nullptr;
    const double number = std::strtod(text->c_str(), &end);
    return !text->empty() && end == text->c_str() + text->size() ? Value(number) : Value();
}

Value Random(Context& context, const Values&) {
    return Value(std::uniform_real_distribution<double>(0, 1)(context.Random()));
}

}  // namespace

void AddNumberFunctions(Calls& calls) {
    calls.insert({
        {"abs", Abs},
        {"acos", OfNumber<Acos>},
        {"asin", OfNumber<Asin>},
        {"atan", OfNumber<Atan>},
        {"atan2", Atan2},
        {"ceil", OfNumber<Ceil>},
        {"cos", OfNumber<Cos>},
        {"cot", OfNumber<Cot>},
        {"degrees", OfNumber<Degrees>},
        {"e", [](Context&, const Values&) { return Value(std::numbers::e); }},
        {"exp", OfNumber<Exp>},
        {"floor", OfNumber<Floor>},
        {"haversin", OfNumber<Haversin>},
        {"isnan",
         [](Context& c, const Values& a) {
             return a[0].IsNumber() ? Value(std::isnan(ToDouble(a[0])))
                                    : WrongType(c, "isNaN", a[0]);
         }},
        {"log", OfNumber<Log>},
        {"log10", OfNumber<Log10>},
        {"pi", [](Context&, const Values&) { return Value(std::numbers::pi); }},
        {"radians", OfNumber<Radians>},
        {"rand", Random},
        {"round", Round},
        {"sign", Sign},
        {"sin", OfNumber<Sin>},
        {"sqrt", OfNumber<Sqrt>},
        {"tan", OfNumber<Tan>},
        {"tofloat", ToFloat},
        {"tointeger", ToInteger},
    });
}

}  // namespace gyre::graph::exec::detail
