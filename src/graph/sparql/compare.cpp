#include "graph/sparql/compare.h"

#include <algorithm>
#include <cmath>

#include "graph/sparql/xsd_time.h"
#include "net/http_message.h"

namespace gyre::graph::sparql {
namespace {

using Kind = Value::Kind;

/// Of the two types the one that both are promoted to.
Kind Wider(const Value& a, const Value& b) {
    return std::max(a.kind, b.kind);
}

std::partial_ordering CompareNumbers(const Value& a, const Value& b) {
    if (Wider(a, b) <= Kind::kDecimal) return Compare(a.decimal, b.decimal);
    if (Wider(a, b) == Kind::kFloat) {
        return static_cast<float>(a.Real()) <=> static_cast<float>(b.Real());
    }
    return a.Real() <=> b.Real();
}

bool SameTag(const Value& a, const Value& b) {
    return net::EqualsIgnoreCase(a.tag, b.tag);
}

std::optional<Value> OfDecimals(Arithmetic operation, const Decimal& a, const Decimal& b,
                                Kind kind) {
    std::optional<Decimal> result;
    switch (operation) {
        case Arithmetic::kAdd:
            result = Add(a, b);
            break;
        case Arithmetic::kSubtract:
            result = Subtract(a, b);
            break;
        case Arithmetic::kMultiply:
            result = Multiply(a, b);
            break;
        case Arithmetic::kDivide:
            result = Divide(a, b);
            kind = Kind::kDecimal;  // also of integers
            break;
    }
    if (!result) return std::nullopt;
    return kind == Kind::kInteger ? IntegerValue(result->unscaled) : DecimalValue(*result);
}

template <typename Real>
Real OfReals(Arithmetic operation, Real a, Real b) {
    switch (operation) {
        case Arithmetic::kAdd:
            return a + b;
        case Arithmetic::kSubtract:
            return a - b;
        case Arithmetic::kMultiply:
            return a * b;
        case Arithmetic::kDivide:
            return a / b;
    }
    return a;
}

int Rank(const Value& value) {
    switch (value.kind) {
        case Kind::kError:
            return 0;
        case Kind::kBlank:
            return 1;
        case Kind::kIri:
            return 2;
        case Kind::kString:
            return 3;
        case Kind::kLangString:
            return 4;
        case Kind::kBoolean:
            return 5;
        case Kind::kInteger:
        case Kind::kDecimal:
        case Kind::kFloat:
        case Kind::kDouble:
            return 6;
        case Kind::kDateTime:
            return 7;
        case Kind::kDate:
            return 8;
        case Kind::kTime:
            return 9;
        case Kind::kOther:
            break;
    }
    return 10;
}

}  // namespace

std::optional<bool> Equals(const Value& a, const Value& b) {
    if (a.IsError() || b.IsError()) return std::nullopt;
    if (a.IsNumber() && b.IsNumber()) return CompareNumbers(a, b) == 0;
    if (a.id != rdf::kNoTerm && a.id == b.id) {
        return true;
    }
    if (!a.IsLiteral() || !b.IsLiteral()) {
        return a.kind == b.kind && a.text == b.text;
    }
    if (a.kind == b.kind) {
        switch (a.kind) {
            case Kind::kString:
                return a.text == b.text;
            case Kind::kLangString:
                return a.text == b.text && SameTag(a, b);
            case Kind::kBoolean:
                return a.boolean == b.boolean;
            case Kind::kDateTime:
            case Kind::kDate:
            case Kind::kTime: {
                const auto order = CompareXsdTimes(a.time, b.time);
                if (order == std::partial_ordering::unordered) return std::nullopt;
                return order == 0;
            }
            default:
                break;
        }
    }
    // Literals whose values are not known may be the same value; those of known types that differ
    // are not.
    if (a.kind == Kind::kOther || b.kind == Kind::kOther) {
        if (a.kind == b.kind && a.tag == b.tag && a.text == b.text) return true;
        return std::nullopt;
    }
    return false;
}

std::optional<std::partial_ordering> Compare(const Value& a, const Value& b) {
    if (a.IsNumber() && b.IsNumber()) return CompareNumbers(a, b);
    if (a.kind != b.kind) return std::nullopt;
    switch (a.kind) {
        case Kind::kString:
            return a.text <=> b.text;
        case Kind::kLangString:
            if (!SameTag(a, b)) return std::nullopt;
            return a.text <=> b.text;
        case Kind::kBoolean:
            return static_cast<int>(a.boolean) <=> static_cast<int>(b.boolean);
        case Kind::kDateTime:
        case Kind::kDate:
        case Kind::kTime: {
            const auto order = CompareXsdTimes(a.time, b.time);
            if (order == std::partial_ordering::unordered) return std::nullopt;
            return order;
        }
        default:
            return std::nullopt;
    }
}

Value Calculate(Arithmetic operation, const Value& a, const Value& b) {
    if (!a.IsNumber() || !b.IsNumber()) return {};
    const Kind kind = Wider(a, b);
    if (kind <= Kind::kDecimal) {
        return OfDecimals(operation, a.decimal, b.decimal, kind).value_or(Value());
    }
    if (kind == Kind::kFloat) {
        return FloatValue(static_cast<double>(
            OfReals(operation, static_cast<float>(a.Real()), static_cast<float>(b.Real()))));
    }
    return DoubleValue(OfReals(operation, a.Real(), b.Real()));
}

Value Negated(const Value& value) {
    switch (value.kind) {
        case Kind::kInteger:
            return IntegerValue(-value.decimal.unscaled);
        case Kind::kDecimal:
            return DecimalValue({-value.decimal.unscaled, value.decimal.scale});
        case Kind::kFloat:
            return FloatValue(-value.real);
        case Kind::kDouble:
            return DoubleValue(-value.real);
        default:
            return {};
    }
}

std::strong_ordering OrderOf(const Value& a, const Value& b) {
    if (const auto rank = Rank(a) <=> Rank(b); rank != 0) return rank;
    if (a.IsLiteral()) {
        const auto order = Compare(a, b);
        if (order && *order != std::partial_ordering::unordered && *order != 0) {
            return *order < 0 ? std::strong_ordering::less : std::strong_ordering::greater;
        }
        // NaN comes before all other numbers.
        if (a.IsNumber()) {
            const bool x = std::isnan(a.Real()), y = std::isnan(b.Real());
            if (x != y) return x ? std::strong_ordering::less : std::strong_ordering::greater;
            return std::strong_ordering::equal;
        }
        if (order && *order == 0) return std::strong_ordering::equal;
    }
    if (const auto text = LexicalForm(a) <=> LexicalForm(b); text != 0) return text;
    return a.tag <=> b.tag;
}

}  // namespace gyre::graph::sparql
