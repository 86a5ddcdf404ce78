#include "graph/exec/evaluate.h"

#include <re2/re2.h>

#include <algorithm>
#include <cmath>

#include "graph/compare.h"
#include "graph/exec/element.h"
#include "graph/number.h"

namespace gyre::graph::exec {
namespace {

using plan::Expression;
using plan::Operation;
using Kind = Expression::Kind;

void Wrong(Context& context, const std::string& what) {
    context.Fail("InvalidParameterException", what);
}

Value Truth(bool value) {
    return Value(value);
}

/// Equality with null as unknown, in lists and maps too.
Value Equal(const Value& a, const Value& b) {
    if (a.IsNull() || b.IsNull()) return Value();
    const auto *x = a.If<Ptr<List>>(), *y = b.If<Ptr<List>>();
    if (x != nullptr && y != nullptr) {
        if ((*x)->items.size() != (*y)->items.size()) return Truth(false);
        bool unknown = false;
        for (size_t i = 0; i < (*x)->items.size(); ++i) {
            const Value one = Equal((*x)->items[i], (*y)->items[i]);
            if (one.IsNull())
                unknown = true;
            else if (!one.As<bool>())
                return Truth(false);
        }
        return unknown ? Value() : Truth(true);
    }
    return Truth(EqualValues(a, b));
}

Value In(const Value& item, const Value& list) {
    if (list.IsNull()) return Value();
    const auto* items = list.If<Ptr<List>>();
    if (items == nullptr) return Value();
    bool unknown = false;
    for (const Value& one : (*items)->items) {
        const Value same = Equal(item, one);
        if (same.IsNull())
            unknown = true;
        else if (same.As<bool>())
            return Truth(true);
    }
    return unknown ? Value() : Truth(false);
}

Value Compare(Operation operation, const Value& a, const Value& b) {
    if (a.IsNull() || b.IsNull()) return Value();
    const auto order = CompareValues(a, b);
    if (order == std::partial_ordering::unordered) return Value();
    switch (operation) {
        case Operation::kLess:
            return Truth(order < 0);
        case Operation::kLessEqual:
            return Truth(order <= 0);
        case Operation::kGreater:
            return Truth(order > 0);
        default:
            return Truth(order >= 0);
    }
}

Value OfTexts(Operation operation, const Value& a, const Value& b) {
    const auto *text = a.If<std::string>(), *other = b.If<std::string>();
    if (text == nullptr || other == nullptr) return Value();
    switch (operation) {
        case Operation::kStartsWith:
            return Truth(text->starts_with(*other));
        case Operation::kEndsWith:
            return Truth(text->ends_with(*other));
        case Operation::kContains:
            return Truth(text->find(*other) != std::string::npos);
        default:
            return Truth(re2::RE2::FullMatch(*text, *other));
    }
}

/// openCypher's integers are of 64 bits.
Value Wide(const Value& value) {
    if (value.IsNumber() && IsWhole(value) && !value.Is<BigInteger>()) return Value(ToInt64(value));
    if (value.Is<float>()) return Value(ToDouble(value));
    return value;
}

Value Arithmetic(Context& context, Operation operation, const Value& a, const Value& b) {
    if (a.IsNull() || b.IsNull()) return Value();
    if (operation == Operation::kAdd) {
        if (a.Is<Ptr<List>>() || b.Is<Ptr<List>>()) {
            Values items;
            for (const Value* side : {&a, &b}) {
                if (const auto* list = side->If<Ptr<List>>()) {
                    items.insert(items.end(), (*list)->items.begin(), (*list)->items.end());
                } else {
                    items.push_back(*side);
                }
            }
            return MakeList(std::move(items));
        }
        if (a.Is<std::string>() || b.Is<std::string>()) {
            return Value(DisplayText(a) + DisplayText(b));
        }
    }
    const Value x = Wide(a), y = Wide(b);
    if (!x.IsNumber() || !y.IsNumber()) {
        Wrong(context, "arithmetic is for numbers, and not for " +
                           std::string(TypeName(x.IsNumber() ? y : x)));
        return Value();
    }
    if (operation == Operation::kPower) return Value(std::pow(ToDouble(x), ToDouble(y)));
    if (operation == Operation::kModulo) {
        if (!IsWhole(x) || !IsWhole(y)) return Value(std::fmod(ToDouble(x), ToDouble(y)));
        if (ToInt64(y) == 0) {
            Wrong(context, "division by zero");
            return Value();
        }
        return ToInt64(y) == -1 ? Value(int64_t{0}) : Value(ToInt64(x) % ToInt64(y));
    }
    const auto result = operation == Operation::kAdd        ? AddNumbers(x, y)
                        : operation == Operation::kSubtract ? SubtractNumbers(x, y)
                        : operation == Operation::kMultiply ? MultiplyNumbers(x, y)
                                                            : DivideNumbers(x, y);
    if (!result || result->Is<BigInteger>()) {
        Wrong(context, result ? "an integer overflows" : result.error().message);
        return Value();
    }
    return *result;
}

/// AND, OR, XOR and NOT of three truth values.
Value Logic(Context& context, Operation operation, const Value& a, const Value& b) {
    for (const Value* side : {&a, &b}) {
        if (side->IsNull() || side->Is<bool>()) continue;
        Wrong(context, "expected a truth value, and not " + std::string(TypeName(*side)));
        return Value();
    }
    const bool decides = operation == Operation::kOr;
    if (operation != Operation::kXor) {
        if ((a.Is<bool>() && a.As<bool>() == decides) ||
            (b.Is<bool>() && b.As<bool>() == decides)) {
            return Truth(decides);
        }
    }
    if (a.IsNull() || b.IsNull()) return Value();
    return operation == Operation::kXor ? Truth(a.As<bool>() != b.As<bool>()) : Truth(!decides);
}

Value Operate(Context& context, const Expression& expression, std::span<const Value> row) {
    const Operation operation = expression.operation;
    const Value a = Evaluate(context, *expression.children[0], row);
    switch (operation) {
        case Operation::kIsNull:
            return Truth(a.IsNull());
        case Operation::kIsNotNull:
            return Truth(!a.IsNull());
        case Operation::kNegate:
            return Arithmetic(context, Operation::kSubtract, Value(int64_t{0}), a);
        case Operation::kNot: {
            if (a.IsNull()) return Value();
            if (a.Is<bool>()) return Truth(!a.As<bool>());
            Wrong(context, "NOT is for truth values");
            return Value();
        }
        default:
            break;
    }
    const Value b = Evaluate(context, *expression.children[1], row);
    switch (operation) {
        case Operation::kOr:
        case Operation::kXor:
        case Operation::kAnd:
            return Logic(context, operation, a, b);
        case Operation::kEqual:
            return Equal(a, b);
        case Operation::kNotEqual: {
            const Value same = Equal(a, b);
            return same.IsNull() ? same : Truth(!same.As<bool>());
        }
        case Operation::kLess:
        case Operation::kLessEqual:
        case Operation::kGreater:
        case Operation::kGreaterEqual:
            return Compare(operation, a, b);
        case Operation::kIn:
            return In(a, b);
        case Operation::kStartsWith:
        case Operation::kEndsWith:
        case Operation::kContains:
        case Operation::kMatches:
            return OfTexts(operation, a, b);
        default:
            return Arithmetic(context, operation, a, b);
    }
}

Value PropertyAt(Context& context, const Value& of, const std::string& key) {
    if (const auto* map = of.If<Ptr<Map>>()) {
        const Value* found = (*map)->Find(Value(key));
        return found ? *found : Value();
    }
    if (!of.Is<VertexRef>() && !of.Is<EdgeRef>()) {
        if (!of.IsNull()) Wrong(context, "'" + key + "' is asked of " + std::string(TypeName(of)));
        return Value();
    }
    Value id;
    if (key == "~id") return IdOf(context, of, id) ? id : Value();
    Values values;
    PropertyValuesOf(context, of, {key}, values);
    if (values.empty()) return Value();
    return Wide(values.size() == 1 ? values[0] : MakeList(std::move(values)));
}

Value At(Context& context, const Value& of, const Value& index) {
    if (of.IsNull() || index.IsNull()) return Value();
    if (index.Is<std::string>()) return PropertyAt(context, of, index.As<std::string>());
    const auto* list = of.If<Ptr<List>>();
    if (list == nullptr || !index.IsNumber()) {
        Wrong(context, "[…] is for lists and maps");
        return Value();
    }
    const auto size = static_cast<int64_t>((*list)->items.size());
    int64_t at = ToInt64(index);
    if (at < 0) at += size;
    return at < 0 || at >= size ? Value() : (*list)->items[static_cast<size_t>(at)];
}

Value Slice(Context& context, const Expression& expression, std::span<const Value> row) {
    const Value of = Evaluate(context, *expression.children[0], row);
    const auto* list = of.If<Ptr<List>>();
    if (list == nullptr) return Value();
    const auto size = static_cast<int64_t>((*list)->items.size());
    int64_t bounds[2] = {0, size};
    for (int i = 0; i < 2; ++i) {
        const auto& bound = expression.children[static_cast<size_t>(i) + 1];
        if (!bound) continue;
        const Value value = Evaluate(context, *bound, row);
        if (!value.IsNumber()) return Value();
        const int64_t at = ToInt64(value);
        bounds[i] = std::clamp<int64_t>(at < 0 ? at + size : at, 0, size);
    }
    if (bounds[0] >= bounds[1]) return MakeList({});
    return MakeList(Values((*list)->items.begin() + bounds[0], (*list)->items.begin() + bounds[1]));
}

/// [x IN list WHERE … | …]
Value Each(Context& context, const Expression& expression, std::span<const Value> row) {
    const Value over = Evaluate(context, *expression.children[0], row);
    const auto* list = over.If<Ptr<List>>();
    if (list == nullptr) return Value();
    Values inner(row.begin(), row.end());
    if (inner.size() <= expression.slot) inner.resize(expression.slot + 1);
    Values results;
    for (const Value& item : (*list)->items) {
        if (!context.GoOn()) return Value();
        inner[expression.slot] = item;
        const auto& where = expression.children[1];
        if (where && !IsTrue(Evaluate(context, *where, inner))) continue;
        const auto& each = expression.children[2];
        results.push_back(each ? Evaluate(context, *each, inner) : item);
    }
    return MakeList(std::move(results));
}

}  // namespace

bool IsTrue(const Value& value) {
    return value.Is<bool>() && value.As<bool>();
}

Value Evaluate(Context& context, const Expression& expression, std::span<const Value> row) {
    switch (expression.kind) {
        case Kind::kLiteral:
            return Wide(expression.value);
        case Kind::kSlot:
            return expression.slot < row.size() ? row[expression.slot] : Value();
        case Kind::kProperty:
            return PropertyAt(context, Evaluate(context, *expression.children[0], row),
                              expression.name);
        case Kind::kIndex:
            return At(context, Evaluate(context, *expression.children[0], row),
                      Evaluate(context, *expression.children[1], row));
        case Kind::kSlice:
            return Slice(context, expression, row);
        case Kind::kList: {
            Values items;
            for (const auto& child : expression.children) {
                items.push_back(Evaluate(context, *child, row));
            }
            return MakeList(std::move(items));
        }
        case Kind::kMap: {
            auto map = std::make_shared<Map>();
            for (size_t i = 0; i < expression.names.size(); ++i) {
                map->Put(Value(expression.names[i]),
                         Evaluate(context, *expression.children[i], row));
            }
            return Value(std::move(map));
        }
        case Kind::kOperation:
            return Operate(context, expression, row);
        case Kind::kCall: {
            if (expression.name == "coalesce") {
                for (const auto& child : expression.children) {
                    Value value = Evaluate(context, *child, row);
                    if (!value.IsNull()) return value;
                }
                return Value();
            }
            Values arguments;
            for (const auto& child : expression.children) {
                arguments.push_back(Evaluate(context, *child, row));
            }
            Value result;
            if (!CallFunction(context, expression.name, arguments, result)) {
                context.Fail(
                    core::Error(core::Code::kUnimplemented, "UnsupportedOperationException",
                                "the function " + expression.name + "() is not implemented"));
            }
            return result;
        }
        case Kind::kCase: {
            const auto& children = expression.children;
            for (size_t i = 0; i + 1 < children.size(); i += 2) {
                if (IsTrue(Evaluate(context, *children[i], row))) {
                    return Evaluate(context, *children[i + 1], row);
                }
            }
            return Evaluate(context, *children.back(), row);
        }
        case Kind::kHasLabels: {
            const Value of = Evaluate(context, *expression.children[0], row);
            if (of.IsNull()) return Value();
            return Truth(std::ranges::all_of(expression.names, [&](const std::string& label) {
                return LabelPasses(context, of, *EqualTo(Value(label)));
            }));
        }
        case Kind::kEach:
            return Each(context, expression, row);
    }
    return Value();
}

Ptr<Map> PropertiesMap(Context& context, const Value& element) {
    auto map = std::make_shared<Map>();
    Values properties;
    PropertiesOf(context, element, {}, properties);
    for (const Value& property : properties) {
        const auto* of_vertex = property.If<Ptr<VertexProperty>>();
        const Value key(of_vertex ? (*of_vertex)->key : property.As<Ptr<Property>>()->key);
        Value value = of_vertex ? (*of_vertex)->value : property.As<Ptr<Property>>()->value;
        bool added = false;
        Value& at = map->At(key, &added);
        if (added) {
            at = std::move(value);
        } else if (of_vertex && at.Is<Ptr<List>>()) {
            at.As<Ptr<List>>()->items.push_back(std::move(value));
        } else {
            at = MakeList({at, std::move(value)});
        }
    }
    return map;
}

}  // namespace gyre::graph::exec
