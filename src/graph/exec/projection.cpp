#include "graph/exec/projection.h"

#include <algorithm>

#include "graph/exec/attach.h"
#include "graph/exec/element.h"
#include "graph/plan/query_options.h"

namespace gyre::graph::exec {
namespace {

bool KeyOf(Context& context, const Value& value, const std::string& key, Value& into) {
    if (const auto* map = value.If<Ptr<Map>>()) {
        const Value* found = (*map)->Find(Value(key));
        into = found != nullptr ? *found : Value();
        return true;
    }
    if (value.IsElement()) {
        bool several = false;
        const bool there = PropertyOf(context, value, key, into, &several);
        if (several) FailOfSeveral(context, key);
        return there;
    }
    context.Fail("InvalidParameterException",
                 "The by(\"" + key +
                     "\") modulator can only be applied to a traverser that is an "
                     "Element or a Map - it is being applied to [" +
                     ShownText(context.graph, value) + "] a " + std::string(TypeName(value)) +
                     " class instead");
    return false;
}

/// Whether ProductiveByStrategy is on, and does not except that key.
bool IsProductive(const plan::Query& query, const std::string& key) {
    for (const auto& [option, value] : query.options) {
        if (option != plan::kProductiveBy) continue;
        const auto* list = value.If<Ptr<List>>();
        if (list == nullptr) return true;
        return std::ranges::none_of((*list)->items, [&](const Value& one) {
            return one.Is<std::string>() && one.As<std::string>() == key;
        });
    }
    return false;
}

bool TokenOf(Context& context, const Value& value, T token, Value& into) {
    const auto* vp = value.If<Ptr<VertexProperty>>();
    const auto* p = value.If<Ptr<Property>>();
    std::string label;
    if (token == T::kId && value.IsElement()) return IdOf(context, value, into);
    if (token == T::kLabel && value.IsElement()) {
        if (!LabelOf(context, value, label)) return false;
        into = Value(std::move(label));
    } else if (token == T::kKey && (vp != nullptr || p != nullptr)) {
        into = Value(vp != nullptr ? (*vp)->key : (*p)->key);
    } else if (token == T::kValue && (vp != nullptr || p != nullptr)) {
        into = vp != nullptr ? (*vp)->value : (*p)->value;
    } else {
        context.Fail("InvalidParameterException",
                     "TokenTraversal support of " + std::string(TypeName(value)) +
                         " does not allow selection by " +
                         std::string(TokenName(Token{TokenKind::kT, static_cast<uint8_t>(token)})));
        return false;
    }
    return true;
}

bool ColumnOf(const Value& value, Column column, Value& into) {
    if (const auto* map = value.If<Ptr<Map>>()) {
        if (column == Column::kKeys) {
            auto keys = std::make_shared<Set>();
            for (const auto& item : (*map)->Items()) keys->Add(item.first);
            into = Value(std::move(keys));
        } else {
            Values values;
            for (const auto& item : (*map)->Items()) values.push_back(item.second);
            into = MakeList(std::move(values));
        }
        return true;
    }
    if (const auto* entry = value.If<Ptr<Entry>>()) {
        into = column == Column::kKeys ? (*entry)->key : (*entry)->value;
        return true;
    }
    if (const auto* path = value.If<Ptr<Path>>()) {
        if (column == Column::kValues) {
            into = MakeList((*path)->objects);
            return true;
        }
        Values labels;
        for (const auto& names : (*path)->labels) {
            auto set = std::make_shared<Set>();
            for (const std::string& name : names) set->Add(Value(name));
            labels.emplace_back(std::move(set));
        }
        into = MakeList(std::move(labels));
        return true;
    }
    return false;
}

bool Sees(Context& context, const plan::By& by, Pipeline* pipeline, const Traverser& traverser,
          Value& value) {
    switch (by.kind) {
        case plan::By::Kind::kIdentity:
            value = traverser.value;
            return true;
        case plan::By::Kind::kKey:
            return KeyOf(context, traverser.value, by.key, value);
        case plan::By::Kind::kToken:
            return TokenOf(context, traverser.value, by.token, value);
        case plan::By::Kind::kColumn:
            return ColumnOf(traverser.value, by.column, value);
        case plan::By::Kind::kTraversal:
            return pipeline->First(traverser, value);
    }
    return false;
}

}  // namespace

void FailOfSeveral(Context& context, const std::string& key) {
    context.Fail(
        "InvalidParameterException",
        "Multiple properties exist for the provided key, use Vertex.properties(" + key + ")");
}

Projections::Projections(const std::vector<plan::By>& by, Context& context) : context_(context) {
    for (const plan::By& one : by) {
        by_.push_back({&one, one.traversal ? MakePipeline(one.traversal, context) : nullptr});
    }
}

bool Projections::Next(const Traverser& traverser, Value& value) {
    return At(turn_++, traverser, value);
}

bool Projections::At(size_t index, const Traverser& traverser, Value& value) {
    if (by_.empty()) {
        value = traverser.value;
        return true;
    }
    One& one = by_[index % by_.size()];
    if (Sees(context_, *one.by, one.pipeline.get(), traverser, value)) return true;
    // ProductiveByStrategy: what sees nothing sees null.
    if (!IsProductive(context_.query, one.by->key)) return false;
    value = Value();
    return !context_.Failed();
}

bool FindSafely(Context& context, const Traverser& traverser, const std::string& name,
                Value& value) {
    if (FindScoped(context, traverser, name, Pop::kLast, value)) return true;
    context.Fail("InvalidParameterException",
                 "Neither the map, sideEffects, nor path has a " + name + "-key");
    return false;
}

bool FindScoped(const Context& context, const Traverser& traverser, const std::string& name,
                Pop pop, Value& value) {
    if (const auto* map = traverser.value.If<Ptr<Map>>()) {
        if (const Value* found = (*map)->Find(Value(name))) {
            value = *found;
            return true;
        }
    }
    const auto effect = context.side_effects.find(name);
    if (effect != context.side_effects.end()) {
        value = effect->second;
        return true;
    }
    return FindLabel(traverser.path, name, pop, value);
}

}  // namespace gyre::graph::exec
