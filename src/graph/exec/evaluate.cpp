#include "graph/exec/evaluate.h"

#include <algorithm>

#include "graph/exec/cypher_values.h"
#include "graph/exec/element.h"
#include "graph/exec/rows.h"
#include "graph/number.h"

namespace gyre::graph::exec {
namespace {

using plan::Expression;
using Kind = Expression::Kind;
using Row = std::span<const Value>;

bool IsThere(Context& context, const Value& element) {
    if (const auto* vertex = element.If<VertexRef>()) {
        return context.graph.Vertex(vertex->id) != nullptr;
    }
    if (const auto* edge = element.If<EdgeRef>()) return context.graph.Edge(edge->id) != nullptr;
    return true;
}

Value PropertyAt(Context& context, const Value& of, const std::string& key) {
    if (of.IsNull()) return Value();
    if (const auto* map = of.If<Ptr<Map>>()) {
        const Value* value = (*map)->Find(Value(key));
        return value != nullptr ? *value : Value();
    }
    if (of.Is<Ptr<Temporal>>() || of.Is<Duration>()) return PartOfTime(of, key);
    if (!of.Is<VertexRef>() && !of.Is<EdgeRef>()) {
        FailCypher(context, "TypeError", "InvalidArgumentType",
                   "'" + key + "' cannot be read of " + std::string(TypeName(of)));
        return Value();
    }
    if (key == "~id") {
        Value id;
        return IdOf(context, of, id) ? id : Value();
    }
    Values values;
    PropertyValuesOf(context, of, {key}, values);
    if (values.empty()) {
        if (context.graph.Writes() && !IsThere(context, of)) {
            FailCypher(context, "EntityNotFound", "DeletedEntityAccess",
                       "the element has been deleted");
        }
        return Value();
    }
    return Wide(values.size() == 1 ? values[0] : MakeList(std::move(values)));
}

Value At(Context& context, const Value& of, const Value& index) {
    if (of.IsNull() || index.IsNull()) return Value();
    const bool keyed = of.Is<Ptr<Map>>() || of.Is<VertexRef>() || of.Is<EdgeRef>();
    if (keyed && index.Is<std::string>()) return PropertyAt(context, of, index.As<std::string>());
    if (keyed) {
        FailCypher(context, "TypeError", "MapElementAccessByNonString", "a key is a String");
        return Value();
    }
    const auto* list = of.If<Ptr<List>>();
    if (list == nullptr) {
        FailCypher(context, "TypeError", "InvalidArgumentType",
                   "[…] is for lists and maps, and not for " + std::string(TypeName(of)));
        return Value();
    }
    if (!index.IsNumber() || !IsWhole(index)) {
        FailCypher(context, "TypeError", "ListElementAccessByNonInteger",
                   "an index of a list is an Integer");
        return Value();
    }
    const auto size = static_cast<int64_t>((*list)->items.size());
    int64_t at = ToInt64(index);
    if (at < 0) at += size;
    return at < 0 || at >= size ? Value() : (*list)->items[static_cast<size_t>(at)];
}

Value Slice(Context& context, const Expression& expression, Row row) {
    const Value of = Evaluate(context, *expression.children[0], row);
    const auto* list = of.If<Ptr<List>>();
    if (list == nullptr) {
        if (!of.IsNull()) {
            FailCypher(context, "TypeError", "InvalidArgumentType", "[..] is for lists");
        }
        return Value();
    }
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

/// The row with room for the variable of a list's items.
Values Inner(Row row, size_t slot) {
    Values inner(row.begin(), row.end());
    if (inner.size() <= slot) inner.resize(slot + 1);
    return inner;
}

/// The list that is gone through; null when it is none.
const Values* ListOf(Context& context, const Value& value) {
    const auto* list = value.If<Ptr<List>>();
    if (list != nullptr) return &(*list)->items;
    if (!value.IsNull()) {
        FailCypher(context, "TypeError", "InvalidArgumentType", "IN takes a List");
    }
    return nullptr;
}

/// [x IN list WHERE … | …]
Value ForEachItem(Context& context, const Expression& expression, Row row) {
    const Value over = Evaluate(context, *expression.children[0], row);
    const Values* items = ListOf(context, over);
    if (items == nullptr) return Value();
    Values inner = Inner(row, expression.slot);
    Values results;
    for (const Value& item : *items) {
        if (!context.GoOn()) return Value();
        inner[expression.slot] = item;
        const auto& where = expression.children[1];
        if (where && !IsTrue(Evaluate(context, *where, inner))) continue;
        const auto& each = expression.children[2];
        results.push_back(each ? Evaluate(context, *each, inner) : item);
    }
    return MakeList(std::move(results));
}

Value Quantified(const std::string& name, int64_t yes, int64_t no, int64_t unknown) {
    if (name == "all") return no > 0 ? Value(false) : unknown > 0 ? Value() : Value(true);
    if (name == "any") return yes > 0 ? Value(true) : unknown > 0 ? Value() : Value(false);
    if (name == "none") return yes > 0 ? Value(false) : unknown > 0 ? Value() : Value(true);
    if (yes > 1) return Value(false);
    return unknown > 0 ? Value() : Value(yes == 1);
}

/// all(x IN list WHERE …) and its kin
Value Quantifier(Context& context, const Expression& expression, Row row) {
    const Value over = Evaluate(context, *expression.children[0], row);
    const Values* items = ListOf(context, over);
    if (items == nullptr) return Value();
    Values inner = Inner(row, expression.slot);
    int64_t yes = 0, no = 0, unknown = 0;
    for (const Value& item : *items) {
        if (!context.GoOn()) return Value();
        inner[expression.slot] = item;
        const Value truth = Evaluate(context, *expression.children[1], inner);
        if (truth.IsNull())
            ++unknown;
        else if (IsTrue(truth))
            ++yes;
        else
            ++no;
    }
    return Quantified(expression.name, yes, no, unknown);
}

Value Reduce(Context& context, const Expression& expression, Row row) {
    Value total = Evaluate(context, *expression.children[0], row);
    const Value over = Evaluate(context, *expression.children[1], row);
    const Values* items = ListOf(context, over);
    if (items == nullptr) return Value();
    Values inner = Inner(row, std::max(expression.slot, expression.item_slot));
    for (const Value& item : *items) {
        if (!context.GoOn()) return Value();
        inner[expression.slot] = std::move(total);
        inner[expression.item_slot] = item;
        total = Evaluate(context, *expression.children[2], inner);
    }
    return total;
}

/// Whether a pattern holds, or what each of its ways gives.
Value Pattern(Context& context, const Expression& expression, Row row) {
    const plan::Subpattern& sub = *expression.sub;
    PatternSearch search(sub.patterns, sub.where, context);
    const bool one = !sub.result || expression.name == "first";
    bool found = false;
    Values results;
    search.Run(Values(row.begin(), row.end()), [&](const Values& match) {
        found = true;
        if (sub.result) {
            context.Hold();
            results.push_back(Evaluate(context, *sub.result, match));
        }
        return !one && !context.Failed();
    });
    if (!sub.result) return Value(found);
    if (one) return found ? results[0] : Value();
    return MakeList(std::move(results));
}

Value Call(Context& context, const Expression& expression, Row row) {
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
    if (context.Failed()) return result;
    if (!CallFunction(context, expression.name, arguments, result) &&
        !CallTemporalFunction(context, expression.name, arguments, result)) {
        context.Fail(core::Error(core::Code::kUnimplemented, "UnsupportedOperationException",
                                 "the function " + expression.name + "() is not implemented"));
    }
    return result;
}

Value Case(Context& context, const Expression& expression, Row row) {
    const auto& children = expression.children;
    for (size_t i = 0; i + 1 < children.size(); i += 2) {
        if (IsTrue(Evaluate(context, *children[i], row))) {
            return Evaluate(context, *children[i + 1], row);
        }
    }
    return Evaluate(context, *children.back(), row);
}

Value HasLabels(Context& context, const Value& of, const std::vector<std::string>& labels) {
    if (of.IsNull()) return Value();
    if (const auto* edge = of.If<EdgeRef>()) {
        const std::string_view type = context.graph.NameText(edge->label);
        return Value(std::ranges::all_of(labels, [&](const auto& label) { return label == type; }));
    }
    const auto* vertex = of.If<VertexRef>();
    if (vertex == nullptr) {
        FailCypher(context, "TypeError", "InvalidArgumentType", "labels are of nodes");
        return Value();
    }
    return Value(HasAllLabels(context, vertex->id, labels));
}

}  // namespace

bool OnlyProperty(Context& context, const Value& of, const std::string& in_plan, Value& value) {
    const auto* vertex = of.If<VertexRef>();
    const auto* edge = of.If<EdgeRef>();
    if ((vertex == nullptr && edge == nullptr) || !context.computed.empty()) return false;
    const auto name = context.NameOf(in_plan);
    const bool found =
        name && (vertex != nullptr ? context.graph.OnlyValue(vertex->id, *name, value)
                                   : context.graph.EdgeValue(edge->id, *name, value));
    const bool wide = value.Is<int64_t>() || value.Is<std::string>();  // most are
    if (found && !wide) value = Wide(value);
    return found;
}

bool IsTrue(const Value& value) {
    return value.Is<bool>() && value.As<bool>();
}

namespace {

Value Computed(Context& context, const Expression& expression, Row row) {
    switch (expression.kind) {
        case Kind::kLiteral:
            return Wide(expression.value);
        case Kind::kSlot:
            return expression.slot < row.size() ? row[expression.slot] : Value();
        case Kind::kProperty: {
            const Expression& child = *expression.children[0];
            const bool in_row = child.kind == Kind::kSlot && child.slot < row.size();
            const Value other = in_row ? Value() : Evaluate(context, child, row);
            const Value& of = in_row ? row[child.slot] : other;
            Value value;
            if (OnlyProperty(context, of, expression.name, value)) return value;
            return PropertyAt(context, of, expression.name);
        }
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
                Value value = Evaluate(context, *expression.children[i], row);
                if (!expression.names[i].empty()) {
                    map->Put(Value(expression.names[i]), std::move(value));
                    continue;
                }
                if (value.IsElement()) value = Value(PropertiesMap(context, value));
                if (const auto* all = value.If<Ptr<Map>>()) {
                    for (const auto& [key, one] : (*all)->Items()) map->Put(key, one);
                }
            }
            return Value(std::move(map));
        }
        case Kind::kOperation:
            return Operate(context, expression, row);
        case Kind::kCall:
            return Call(context, expression, row);
        case Kind::kCase:
            return Case(context, expression, row);
        case Kind::kHasLabels:
            return HasLabels(context, Evaluate(context, *expression.children[0], row),
                             expression.names);
        case Kind::kEach:
            return ForEachItem(context, expression, row);
        case Kind::kQuantifier:
            return Quantifier(context, expression, row);
        case Kind::kReduce:
            return Reduce(context, expression, row);
        case Kind::kPattern:
            return Pattern(context, expression, row);
        case Kind::kSubquery: {
            RowPipeline pipeline(expression.sub->query, row.size(), context,
                                 Values(row.begin(), row.end()));
            Values ignored;
            return Value(pipeline.Next(ignored));
        }
    }
    return Value();
}

}  // namespace

Value Evaluate(Context& context, const Expression& expression, Row row) {
    if (context.Failed()) return Value();  // each may be a copy of something large
    Value value = Computed(context, expression, row);
    if (expression.kind != Kind::kSlot && expression.kind != Kind::kLiteral) context.Look(value);
    return value;
}

Ptr<Map> PropertiesMap(Context& context, const Value& element) {
    auto map = std::make_shared<Map>();
    Values properties;
    PropertiesOf(context, element, {}, properties);
    for (const Value& property : properties) {
        const auto* of_vertex = property.If<Ptr<VertexProperty>>();
        const Value key(of_vertex ? (*of_vertex)->key : property.As<Ptr<Property>>()->key);
        Value value = Wide(of_vertex ? (*of_vertex)->value : property.As<Ptr<Property>>()->value);
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
