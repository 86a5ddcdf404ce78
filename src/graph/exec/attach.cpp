#include "graph/exec/attach.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "graph/number.h"
#include "graph/plan/walk.h"

namespace gyre::graph::exec {
namespace {

/// What `change` makes of the value or, of a collection, of its items.
template <typename Change>
Value OfItems(const Value& value, const Change& change) {
    if (const auto* list = value.If<Ptr<List>>()) {
        Values items;
        for (const Value& item : (*list)->items) items.push_back(OfItems(item, change));
        return MakeList(std::move(items));
    }
    if (const auto* set = value.If<Ptr<Set>>()) {
        auto items = std::make_shared<Set>();
        for (const Value& item : (*set)->items) items->Add(OfItems(item, change));
        return Value(std::move(items));
    }
    if (const auto* map = value.If<Ptr<Map>>()) {
        auto items = std::make_shared<Map>();
        for (const auto& [key, inner] : (*map)->Items()) {
            items->Put(OfItems(key, change), OfItems(inner, change));
        }
        return Value(std::move(items));
    }
    if (const auto* entry = value.If<Ptr<Entry>>()) {
        return Value(std::make_shared<Entry>(
            Entry{OfItems((*entry)->key, change), OfItems((*entry)->value, change)}));
    }
    if (const auto* path = value.If<Ptr<Path>>()) {
        auto objects = std::make_shared<Path>(**path);
        for (Value& object : objects->objects) object = OfItems(object, change);
        return Value(std::move(objects));
    }
    return change(value);
}

Value Found(Transaction& graph, const Value& value) {
    using Kind = ElementReference::Kind;
    const auto* sent = value.If<Ptr<ElementReference>>();
    if (sent == nullptr) return value;
    const ElementReference& reference = **sent;
    if (reference.kind == Kind::kVertex) {
        const auto vertex = graph.FindVertex(reference.id);
        return vertex ? Value(VertexRef{*vertex}) : value;
    }
    if (reference.kind == Kind::kEdge) {
        const auto edge = graph.FindEdge(reference.id);
        return edge ? Value(*edge) : value;
    }
    if (!IsWhole(reference.id)) return value;
    return Value(std::make_shared<VertexProperty>(
        VertexProperty{{}, ToInt64(reference.id), reference.label, reference.value, {}}));
}

Ptr<Predicate> Attached(Transaction& graph, const Predicate& predicate) {
    auto attached = std::make_shared<Predicate>(predicate);
    if (IsOrder(predicate.op)) return attached;  // by their ids, as they came
    for (Value& value : attached->values) value = exec::Attached(graph, value);
    for (auto& child : attached->children) child = Attached(graph, *child);
    return attached;
}

void Attach(Transaction& graph, plan::Traversal& traversal) {
    for (plan::Step& step : traversal.steps) {
        plan::ChangeValues(step, [&](const Value& value) { return exec::Attached(graph, value); });
        plan::ChangeChildren(step, [&](plan::Traversal& child) { Attach(graph, child); });
    }
}

Value OfElement(Transaction& graph, const Value& value) {
    using Kind = ElementReference::Kind;
    if (const auto* vertex = value.If<VertexRef>()) {
        return Value(std::make_shared<ElementReference>(
            ElementReference{Kind::kVertex, graph.VertexId(vertex->id), "", {}, {}, {}}));
    }
    if (const auto* edge = value.If<EdgeRef>()) {
        const auto row = graph.Edge(edge->id);
        return Value(std::make_shared<ElementReference>(
            ElementReference{Kind::kEdge,
                             row ? graph.EdgeId(edge->id, *row) : Value(),
                             std::string(graph.NameText(edge->label)),
                             {},
                             graph.VertexId(edge->out),
                             graph.VertexId(edge->in)}));
    }
    if (const auto* property = value.If<Ptr<VertexProperty>>()) {
        return Value(std::make_shared<ElementReference>(ElementReference{Kind::kVertexProperty,
                                                                         Value((*property)->id),
                                                                         (*property)->key,
                                                                         (*property)->value,
                                                                         {},
                                                                         {}}));
    }
    return value;
}

bool HasElement(const Value& value) {
    const auto any = [](const Values& values) { return std::ranges::any_of(values, HasElement); };
    if (value.IsElement()) return true;
    if (const auto* list = value.If<Ptr<List>>()) return any((*list)->items);
    if (const auto* set = value.If<Ptr<Set>>()) return any((*set)->items);
    if (const auto* path = value.If<Ptr<Path>>()) return any((*path)->objects);
    if (const auto* entry = value.If<Ptr<Entry>>()) {
        return HasElement((*entry)->key) || HasElement((*entry)->value);
    }
    if (const auto* map = value.If<Ptr<Map>>()) {
        return std::ranges::any_of((*map)->Items(), [](const Map::Item& item) {
            return HasElement(item.first) || HasElement(item.second);
        });
    }
    return false;
}

}  // namespace

Value Attached(Transaction& graph, const Value& value) {
    if (const auto* predicate = value.If<Ptr<Predicate>>()) return Attached(graph, **predicate);
    return OfItems(value, [&](const Value& one) { return Found(graph, one); });
}

plan::Query Attached(Transaction& graph, plan::Query query) {
    plan::Traversal root = *query.root;
    Attach(graph, root);
    query.root = std::make_shared<const plan::Traversal>(std::move(root));
    for (auto& [name, effect] : query.side_effects) effect.first = Attached(graph, effect.first);
    if (query.sack) query.sack = Attached(graph, *query.sack);
    return query;
}

Value Detached(Transaction& graph, const Value& value) {
    if (!HasElement(value)) return value;
    return OfItems(value, [&](const Value& one) { return OfElement(graph, one); });
}

std::string ShownText(Transaction& graph, const Value& value) {
    return DisplayText(Detached(graph, value));
}

bool Passes(Transaction& graph, const Predicate& predicate, const Value& value) {
    if (!value.IsElement()) return predicate.Test(value);
    const auto passes = [&](const auto& child) { return Passes(graph, *child, value); };
    if (predicate.op == Predicate::Op::kAnd) return std::ranges::all_of(predicate.children, passes);
    if (predicate.op == Predicate::Op::kOr) return std::ranges::any_of(predicate.children, passes);
    return predicate.Test(IsOrder(predicate.op) ? Detached(graph, value) : value);
}

bool Holds(Context& context, const Predicate& predicate, const Value& value, bool notes) {
    if (Passes(context.graph, predicate, value)) return true;
    if (notes && !predicate.Decides(Detached(context.graph, value))) context.unknown = true;
    return false;
}

}  // namespace gyre::graph::exec
