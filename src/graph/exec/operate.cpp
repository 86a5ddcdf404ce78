#include <re2/re2.h>

#include <cmath>
#include <optional>

#include "graph/exec/cypher_values.h"
#include "graph/exec/evaluate.h"
#include "graph/number.h"
#include "graph/temporal.h"

namespace gyre::graph::exec {
namespace {

using plan::Expression;
using plan::Operation;

bool Less(std::partial_ordering order) {
    return order < 0;
}
bool LessEqual(std::partial_ordering order) {
    return order <= 0;
}
bool Greater(std::partial_ordering order) {
    return order > 0;
}
bool GreaterEqual(std::partial_ordering order) {
    return order >= 0;
}

Value In(Context& context, const Value& item, const Value& list) {
    if (list.IsNull()) return Value();
    const auto* items = list.If<Ptr<List>>();
    if (items == nullptr) {
        FailCypher(context, "TypeError", "InvalidArgumentType", "IN takes a List");
        return Value();
    }
    bool unknown = false;
    for (const Value& one : (*items)->items) {
        const Value same = EqualCypher(item, one);
        if (same.IsNull())
            unknown = true;
        else if (same.As<bool>())
            return same;
    }
    return unknown ? Value() : Value(false);
}

Value OfTexts(Context& context, Operation operation, const Value& a, const Value& b) {
    const auto *text = a.If<std::string>(), *other = b.If<std::string>();
    if (text == nullptr || other == nullptr) return Value();
    switch (operation) {
        case Operation::kStartsWith:
            return Value(text->starts_with(*other));
        case Operation::kEndsWith:
            return Value(text->ends_with(*other));
        case Operation::kContains:
            return Value(text->find(*other) != std::string::npos);
        default: {
            const re2::RE2 pattern(*other, re2::RE2::Quiet);
            if (pattern.ok()) return Value(re2::RE2::FullMatch(*text, pattern));
            FailCypher(context, "SyntaxError", "InvalidRegularExpression",
                       "the regular expression is wrong: " + pattern.error());
            return Value();
        }
    }
}

template <typename Made>
Value Checked(Context& context, const std::optional<Made>& made) {
    if (!made) {
        FailCypher(context, "ArithmeticError", "NumberOutOfRange", "a date or duration overflows");
        return Value();
    }
    if constexpr (std::is_same_v<Made, Duration>)
        return Value(*made);
    else
        return Value(std::make_shared<Made>(*made));
}

Value Scaled(Context& context, const Duration& d, const Value& by, bool divided) {
    const long double factor = divided ? 1.0L / static_cast<long double>(ToDouble(by))
                                       : static_cast<long double>(ToDouble(by));
    return Checked(context, MakeDuration(static_cast<long double>(d.months) * factor,
                                         static_cast<long double>(d.days) * factor,
                                         static_cast<long double>(d.seconds) * factor,
                                         static_cast<long double>(d.nanos) * factor));
}

/// Arithmetic with dates and durations; nullopt where there is none of it.
std::optional<Value> OfTimes(Context& context, Operation operation, const Value& a,
                             const Value& b) {
    const auto *x = a.If<Duration>(), *y = b.If<Duration>();
    const int sign = operation == Operation::kSubtract ? -1 : 1;
    if (operation == Operation::kAdd || operation == Operation::kSubtract) {
        if (x != nullptr && y != nullptr) return Checked(context, AddDurations(*x, *y, sign));
        if (const auto* at = a.If<Ptr<Temporal>>(); at != nullptr && y != nullptr) {
            return Checked(context, AddDuration(**at, *y, sign));
        }
        if (const auto* at = b.If<Ptr<Temporal>>(); at != nullptr && x != nullptr && sign > 0) {
            return Checked(context, AddDuration(**at, *x, sign));
        }
    }
    if (operation == Operation::kMultiply && x != nullptr && b.IsNumber()) {
        return Scaled(context, *x, b, false);
    }
    if (operation == Operation::kMultiply && y != nullptr && a.IsNumber()) {
        return Scaled(context, *y, a, false);
    }
    if (operation == Operation::kDivide && x != nullptr && b.IsNumber()) {
        return Scaled(context, *x, b, true);
    }
    return std::nullopt;
}

Value OverLimit(Context& context) {
    context.Fail(TooLarge());
    return Value();
}

/// Lists and texts put together; nullopt where there are none.
std::optional<Value> Joined(Context& context, const Value& a, const Value& b) {
    if (a.Is<Ptr<List>>() || b.Is<Ptr<List>>()) {
        Values items;
        for (const Value* side : {&a, &b}) {
            if (const auto* list = side->If<Ptr<List>>()) {
                items.insert(items.end(), (*list)->items.begin(), (*list)->items.end());
            } else {
                items.push_back(*side);
            }
        }
        if (items.size() > kMostItems) return OverLimit(context);
        return MakeList(std::move(items));
    }
    const bool texts = (a.Is<std::string>() && !b.Is<Ptr<Map>>() && !b.IsElement()) ||
                       (b.Is<std::string>() && !a.Is<Ptr<Map>>() && !a.IsElement());
    if (texts) {
        std::string text = CypherText(a) + CypherText(b);
        return text.size() > kMostBytes ? OverLimit(context) : Value(std::move(text));
    }
    return std::nullopt;
}

Value Remainder(Context& context, const Value& x, const Value& y) {
    if (!IsWhole(x) || !IsWhole(y)) return Value(std::fmod(ToDouble(x), ToDouble(y)));
    if (ToInt64(y) == 0) {
        FailCypher(context, "ArithmeticError", "DivisionByZero", "division by zero");
        return Value();
    }
    return ToInt64(y) == -1 ? Value(int64_t{0}) : Value(ToInt64(x) % ToInt64(y));
}

Value Arithmetic(Context& context, Operation operation, const Value& a, const Value& b) {
    if (operation == Operation::kAdd && (a.Is<Ptr<List>>() || b.Is<Ptr<List>>()) &&
        !(a.IsNull() || b.IsNull())) {
        return *Joined(context, a, b);
    }
    if (a.IsNull() || b.IsNull()) return Value();
    if (operation == Operation::kAdd) {
        if (auto joined = Joined(context, a, b)) return *joined;
    }
    if (auto times = OfTimes(context, operation, a, b)) return *times;
    const Value x = Wide(a), y = Wide(b);
    if (!x.IsNumber() || !y.IsNumber()) {
        FailCypher(
            context, "TypeError", "InvalidArgumentType",
            "there is no such arithmetic with " + std::string(TypeName(x.IsNumber() ? y : x)));
        return Value();
    }
    if (operation == Operation::kPower) return Value(std::pow(ToDouble(x), ToDouble(y)));
    if (operation == Operation::kModulo) return Remainder(context, x, y);
    const auto result = operation == Operation::kAdd        ? AddNumbers(x, y)
                        : operation == Operation::kSubtract ? SubtractNumbers(x, y)
                        : operation == Operation::kMultiply ? MultiplyNumbers(x, y)
                                                            : DivideNumbers(x, y);
    if (!result || result->Is<BigInteger>()) {
        FailCypher(context, "ArithmeticError", result ? "IntegerOverflow" : "DivisionByZero",
                   result ? "an integer overflows" : result.error().message);
        return Value();
    }
    return *result;
}

/// AND, OR, XOR and NOT of three truth values.
Value Logic(Context& context, Operation operation, const Value& a, const Value& b) {
    for (const Value* side : {&a, &b}) {
        if (side->IsNull() || side->Is<bool>()) continue;
        FailCypher(context, "TypeError", "InvalidArgumentType",
                   "expected a truth value, and not " + std::string(TypeName(*side)));
        return Value();
    }
    const bool decides = operation == Operation::kOr;
    if (operation != Operation::kXor) {
        if ((a.Is<bool>() && a.As<bool>() == decides) ||
            (b.Is<bool>() && b.As<bool>() == decides)) {
            return Value(decides);
        }
    }
    if (a.IsNull() || b.IsNull()) return Value();
    return operation == Operation::kXor ? Value(a.As<bool>() != b.As<bool>()) : Value(!decides);
}

Value Not(const Value& truth) {
    return truth.Is<bool>() ? Value(!truth.As<bool>()) : Value();
}

Value Negated(Context& context, const Value& value) {
    if (const auto* duration = value.If<Duration>()) {
        return Checked(context, AddDurations({}, *duration, -1));
    }
    if (value.Is<double>()) return Value(-value.As<double>());
    return Arithmetic(context, Operation::kSubtract, Value(int64_t{0}), value);
}

/// Of two whole numbers; nullopt where it does not compare.
std::optional<bool> CompareWhole(Operation operation, int64_t a, int64_t b) {
    switch (operation) {
        case Operation::kEqual:
            return a == b;
        case Operation::kNotEqual:
            return a != b;
        case Operation::kLess:
            return a < b;
        case Operation::kLessEqual:
            return a <= b;
        case Operation::kGreater:
            return a > b;
        case Operation::kGreaterEqual:
            return a >= b;
        default:
            return std::nullopt;
    }
}

}  // namespace

Value Operate(Context& context, const Expression& expression, std::span<const Value> row) {
    const Operation operation = expression.operation;
    Value a = Evaluate(context, *expression.children[0], row);
    switch (operation) {
        case Operation::kIsNull:
            return Value(a.IsNull());
        case Operation::kIsNotNull:
            return Value(!a.IsNull());
        case Operation::kNegate:
            return Negated(context, a);
        case Operation::kNot:
            return Not(Logic(context, Operation::kXor, a, Value(false)));
        // What decides spares the other side.
        case Operation::kAnd:
            if (a.Is<bool>() && !a.As<bool>()) return a;
            break;
        case Operation::kOr:
            if (a.Is<bool>() && a.As<bool>()) return a;
            break;
        default:
            break;
    }
    const Expression& other = *expression.children[1];
    if (const auto *x = a.If<int64_t>(), *y = other.value.If<int64_t>();
        x != nullptr && y != nullptr && other.kind == Expression::Kind::kLiteral) {
        if (const auto compared = CompareWhole(operation, *x, *y)) return Value(*compared);
    }
    const Value b = Evaluate(context, other, row);
    switch (operation) {
        case Operation::kOr:
        case Operation::kXor:
        case Operation::kAnd:
            return Logic(context, operation, a, b);
        case Operation::kEqual:
            return EqualCypher(a, b);
        case Operation::kNotEqual:
            return Not(EqualCypher(a, b));
        case Operation::kLess:
            return CompareCypher(a, b, Less);
        case Operation::kLessEqual:
            return CompareCypher(a, b, LessEqual);
        case Operation::kGreater:
            return CompareCypher(a, b, Greater);
        case Operation::kGreaterEqual:
            return CompareCypher(a, b, GreaterEqual);
        case Operation::kIn:
            return In(context, a, b);
        case Operation::kStartsWith:
        case Operation::kEndsWith:
        case Operation::kContains:
        case Operation::kMatches:
            return OfTexts(context, operation, a, b);
        default:
            return Arithmetic(context, operation, a, b);
    }
}

}  // namespace gyre::graph::exec
