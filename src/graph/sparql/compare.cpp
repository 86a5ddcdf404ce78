#include "graph/sparql/compare.h"

#include <algorithm>
#include <cmath>

#include "graph/sparql/xsd_time.h"
#include "net/http_message.h"

namespace gyre::graph::sparql {
namespace {

/// Of the two types the one that both are promoted to.
ValueKind Wider(const Value& a, const Value& b) {
    return std::max(a.kind, b.kind);
}

std::partial_ordering CompareNumbers(const Value& a, const Value& b) {
    if (Wider(a, b) <= ValueKind::kDecimal) return Compare(a.decimal, b.decimal);
    if (Wider(a, b) == ValueKind::kFloat) {
        return static_cast<float>(a.Real()) <=> static_cast<float>(b.Real());
    }
    return a.Real() <=> b.Real();
}

bool SameTag(const Value& a, const Value& b) {
    return net::EqualsIgnoreCase(a.tag, b.tag);
}

std::optional<Value> OfDecimals(Arithmetic operation, const Decimal& a, const Decimal& b,
                                ValueKind kind) {
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
            kind = ValueKind::kDecimal;  // also of integers
            break;
    }
    if (!result) return std::nullopt;
    return kind == ValueKind::kInteger ? IntegerValue(result->unscaled) : DecimalValue(*result);
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
        case ValueKind::kError:
            return 0;
        case ValueKind::kBlank:
            return 1;
        case ValueKind::kIri:
            return 2;
        case ValueKind::kString:
            return 3;
        case ValueKind::kLangString:
            return 4;
        case ValueKind::kBoolean:
            return 5;
        case ValueKind::kInteger:
        case ValueKind::kDecimal:
        case ValueKind::kFloat:
        case ValueKind::kDouble:
            return 6;
        case ValueKind::kDateTime:
            return 7;
        case ValueKind::kDate:
            return 8;
        case ValueKind::kTime:
            return 9;
        case ValueKind::kOther:
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
            case ValueKind::kString:
                return a.text == b.text;
            case ValueKind::kLangString:
                return a.text == b.text && SameTag(a, b);
            case ValueKind::kBoolean:
                return a.boolean == b.boolean;
            case ValueKind::kDateTime:
            case ValueKind::kDate:
            case ValueKind::kTime: {
                const auto order = CompareXsdTimes(a.time, b.time);
                if (order == std::partial_ordering::unordered) return std::nullopt;
                return order == 0;
            }
            default:
                break;
        }
    }
    if (a.kind == ValueKind::kLangString || b.kind == ValueKind::kLangString) return false;
    // Literals whose values are not known may be the same value; those of known types that differ
    // are not.
    if (a.kind == ValueKind::kOther || b.kind == ValueKind::kOther) {
        if (a.kind == b.kind && a.tag == b.tag && a.text == b.text) return true;
        return std::nullopt;
    }
    return false;
}

std::optional<std::partial_ordering> Compare(const Value& a, const Value& b) {
    if (a.IsNumber() && b.IsNumber()) return CompareNumbers(a, b);
    if (a.kind != b.kind) return std::nullopt;
    switch (a.kind) {
        case ValueKind::kString:
            return a.text <=> b.text;
        case ValueKind::kLangString:
            if (!SameTag(a, b)) return std::nullopt;
            return a.text <=> b.text;
        case ValueKind::kBoolean:
            return static_cast<int>(a.boolean) <=> static_cast<int>(b.boolean);
        case ValueKind::kDateTime:
        case ValueKind::kDate:
        case ValueKind::kTime: {
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
    const ValueKind kind = Wider(a, b);
    if (kind <= ValueKind::kDecimal) {
        return OfDecimals(operation, a.decimal, b.decimal, kind).value_or(Value());
    }
    if (kind == ValueKind::kFloat) {
        return FloatValue(static_cast<double>(
            OfReals(operation, static_cast<float>(a.Real()), static_cast<float>(b.Real()))));
    }
    return DoubleValue(OfReals(operation, a.Real(), b.Real()));
}

Value Negated(const Value& value) {
    switch (value.kind) {
        case ValueKind::kInteger:
            return IntegerValue(-value.decimal.unscaled);
        case ValueKind::kDecimal:
            return DecimalValue({-value.decimal.unscaled, value.decimal.scale});
        case ValueKind::kFloat:
            return FloatValue(-value.real);
        case ValueKind::kDouble:
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
