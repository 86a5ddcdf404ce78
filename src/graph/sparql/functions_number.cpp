// Functions on numbers, and hashes.
#include <array>
#include <cmath>
#include <random>

#include "core/digest.h"
#include "graph/sparql/functions.h"
#include "graph/sparql/run.h"

namespace gyre::graph::sparql {
namespace {

using Arguments = std::span<const Value>;

Value OfDecimal(const Value& like, const Decimal& decimal) {
    return like.kind == ValueKind::kInteger ? IntegerValue(decimal.unscaled)
                                            : DecimalValue(decimal);
}

/// Rounds exact numbers by `rounding` and others by `real`.
Value Round(const Value& value, Rounding rounding, double (*real)(double)) {
    switch (value.kind) {
        case ValueKind::kInteger:
        case ValueKind::kDecimal:
            return OfDecimal(value, Rounded(value.decimal, rounding));
        case ValueKind::kFloat:
            return FloatValue(real(value.real));
        case ValueKind::kDouble:
            return DoubleValue(real(value.real));
        default:
            return {};
    }
}

Value Abs(Run&, Arguments a) {
    const Value& value = a[0];
    switch (value.kind) {
        case ValueKind::kInteger:
        case ValueKind::kDecimal: {
            const WideInteger unscaled = value.decimal.unscaled;
            return OfDecimal(value, {unscaled < 0 ? -unscaled : unscaled, value.decimal.scale});
        }
        case ValueKind::kFloat:
            return FloatValue(std::fabs(value.real));
        case ValueKind::kDouble:
            return DoubleValue(std::fabs(value.real));
        default:
            return {};
    }
}

Value RoundHalfUp(Run&, Arguments a) {
    return Round(a[0], Rounding::kHalfUp, [](double real) { return std::floor(real + 0.5); });
}

Value Ceil(Run&, Arguments a) {
    return Round(a[0], Rounding::kCeiling, [](double real) { return std::ceil(real); });
}

Value Floor(Run&, Arguments a) {
    return Round(a[0], Rounding::kFloor, [](double real) { return std::floor(real); });
}

Value Rand(Run& run, Arguments) {
    return DoubleValue(std::uniform_real_distribution<double>()(run.budget.Random()));
}

template <core::DigestKind kind>
Value Hash(Run&, Arguments a) {
    if (a[0].kind != ValueKind::kString) return {};
    core::Digest digest(kind);
    digest.Update(a[0].text);
    return StringValue(core::HexEncode(digest.Finish()));
}

constexpr std::array<Function, 10> kNumberFunctions = {
    {{"ABS", 1, 1, Abs},
     {"ROUND", 1, 1, RoundHalfUp},
     {"CEIL", 1, 1, Ceil},
     {"FLOOR", 1, 1, Floor},
     {"RAND", 0, 0, Rand},
     {"MD5", 1, 1, Hash<core::DigestKind::kMd5>},
     {"SHA1", 1, 1, Hash<core::DigestKind::kSha1>},
     {"SHA256", 1, 1, Hash<core::DigestKind::kSha256>},
     {"SHA384", 1, 1, Hash<core::DigestKind::kSha384>},
     {"SHA512", 1, 1, Hash<core::DigestKind::kSha512>}}};

}  // namespace

std::span<const Function> NumberFunctions() {
    return kNumberFunctions;
}

}  // namespace gyre::graph::sparql
