#include "graph/exec/element.h"

#include <algorithm>
#include <optional>

namespace gyre::graph::exec {
namespace {

/// The numbers of names; names that the store does not know have none.
std::vector<NameId> NumbersOf(Context& context, const std::vector<std::string>& keys) {
    std::vector<NameId> numbers;
    for (const std::string& key : keys) {
        if (const auto name = context.graph.FindName(key)) numbers.push_back(*name);
    }
    return numbers;
}

/// Calls `use(value)` for each of a vertex's values under the keys, in the keys' order where given.
template <typename Use>
void ForVertexValues(const VertexRow& row, const std::vector<std::string>& keys,
                     const std::vector<NameId>& numbers, Use use) {
    if (keys.empty()) {
        for (const VertexValue& value : row.values) use(value);
        return;
    }
    for (const VertexValue& value : row.values) {
        if (std::ranges::find(numbers, value.key) != numbers.end()) use(value);
    }
}

template <typename Use>
void ForEdgeValues(const EdgeRow& row, const std::vector<std::string>& keys,
                   const std::vector<NameId>& numbers, Use use) {
    for (const auto& [key, value] : row.values) {
        if (keys.empty() || std::ranges::find(numbers, key) != numbers.end()) use(key, value);
    }
}

/// A vertex property's own properties: as they are now, where this transaction may have changed
/// them.
std::vector<std::pair<std::string, Value>> MetaOf(Context& context,
                                                  const VertexProperty& property) {
    if (!context.graph.Writes()) return property.meta;
    std::vector<std::pair<std::string, Value>> meta;
    const auto row = context.graph.Vertex(property.vertex.id);
    if (!row) return meta;
    for (const VertexValue& value : row->values) {
        if (context.graph.ValueId(property.vertex.id, value) != property.id) continue;
        for (const auto& [key, inner] : value.meta) {
            meta.emplace_back(std::string(context.graph.NameText(key)), inner);
        }
    }
    return meta;
}

template <typename Use>
void ForMeta(Context& context, const VertexProperty& property, const std::vector<std::string>& keys,
             Use use) {
    for (const auto& [key, value] : MetaOf(context, property)) {
        if (keys.empty() || std::ranges::find(keys, key) != keys.end()) use(key, value);
    }
}

/// Calls `use(key, value)` for what programs have found out of the vertex.
template <typename Use>
void ForComputed(const Context& context, uint64_t vertex, const std::vector<std::string>& keys,
                 Use use) {
    const auto found = context.computed.find(vertex);
    if (found == context.computed.end()) return;
    for (const auto& [key, value] : found->second) {
        if (keys.empty() || std::ranges::find(keys, key) != keys.end()) use(key, value);
    }
}

Value ToProperty(Context& context, uint64_t vertex, const VertexValue& value) {
    auto property = std::make_shared<VertexProperty>();
    property->vertex = {vertex};
    property->id = context.graph.ValueId(vertex, value);
    property->key = std::string(context.graph.NameText(value.key));
    property->value = value.value;
    for (const auto& [key, meta] : value.meta) {
        property->meta.emplace_back(std::string(context.graph.NameText(key)), meta);
    }
    return Value(std::move(property));
}

}  // namespace

bool IdOf(Context& context, const Value& element, Value& id) {
    if (const auto* vertex = element.If<VertexRef>()) {
        id = context.graph.VertexId(vertex->id);
        return !id.IsNull();
    }
    if (const auto* edge = element.If<EdgeRef>()) {
        const auto row = context.graph.Edge(edge->id);
        if (!row) return false;
        id = context.graph.EdgeId(edge->id, *row);
        return true;
    }
    if (const auto* property = element.If<Ptr<VertexProperty>>()) {
        id = Value((*property)->id);
        return true;
    }
    return false;
}

bool LabelOf(Context& context, const Value& element, std::string& label) {
    if (const auto* vertex = element.If<VertexRef>()) {
        const auto row = context.graph.Vertex(vertex->id);
        if (!row) return false;
        label = context.graph.LabelText(*row);
        return true;
    }
    if (const auto* edge = element.If<EdgeRef>()) {
        label = std::string(context.graph.NameText(edge->label));
        return true;
    }
    if (const auto* property = element.If<Ptr<VertexProperty>>()) {
        label = (*property)->key;
        return true;
    }
    return false;
}

bool LabelPasses(Context& context, const Value& element, const Predicate& predicate) {
    if (const auto* vertex = element.If<VertexRef>()) {
        const auto row = context.graph.Vertex(vertex->id);
        if (!row) return false;
        const auto passes = [&](NameId label) {
            return predicate.Test(Value(context.graph.NameText(label)));
        };
        const bool negative =
            predicate.op == Predicate::Op::kNeq || predicate.op == Predicate::Op::kWithout;
        if (row->labels.empty()) return predicate.Test(Value(kDefaultLabel));
        if (negative) return std::ranges::all_of(row->labels, passes);
        return std::ranges::any_of(row->labels, passes) ||
               (row->labels.size() > 1 && predicate.Test(Value(context.graph.LabelText(*row))));
    }
    std::string label;
    return LabelOf(context, element, label) && predicate.Test(Value(std::move(label)));
}

bool PropertyOf(Context& context, const Value& element, std::string_view key, Value& value,
                bool* several) {
    if (const auto* property = element.If<Ptr<VertexProperty>>()) {
        for (const auto& [name, meta] : MetaOf(context, **property)) {
            if (name != key) continue;
            value = meta;
            return true;
        }
        return false;
    }
    if (const auto* vertex = element.If<VertexRef>(); vertex && !context.computed.empty()) {
        bool there = false;
        ForComputed(context, vertex->id, {std::string(key)},
                    [&](const std::string&, const Value& found) {
                        value = found;
                        there = true;
                    });
        if (there) return true;
    }
    const auto number = context.graph.FindName(key);
    if (!number) return false;
    if (const auto* vertex = element.If<VertexRef>()) {
        Values values;
        if (!context.graph.VertexValues(vertex->id, *number, values) || values.empty()) {
            return false;
        }
        if (several != nullptr && values.size() > 1) *several = true;
        value = std::move(values.front());
        return true;
    }
    if (const auto* edge = element.If<EdgeRef>()) {
        const auto row = context.graph.Edge(edge->id);
        if (!row) return false;
        for (const auto& [name, one] : row->values) {
            if (name != *number) continue;
            value = one;
            return true;
        }
    }
    return false;
}

void PropertiesOf(Context& context, const Value& element, const std::vector<std::string>& keys,
                  Values& into) {
    if (const auto* property = element.If<Ptr<VertexProperty>>()) {
        return ForMeta(context, **property, keys, [&](const std::string& key, const Value& value) {
            into.emplace_back(std::make_shared<Property>(Property{element, key, value}));
        });
    }
    const auto numbers = NumbersOf(context, keys);
    if (const auto* vertex = element.If<VertexRef>()) {
        if (const auto row = context.graph.Vertex(vertex->id)) {
            ForVertexValues(*row, keys, numbers, [&](const VertexValue& value) {
                into.push_back(ToProperty(context, vertex->id, value));
            });
        }
        ForComputed(context, vertex->id, keys, [&](const std::string& key, const Value& value) {
            into.emplace_back(
                std::make_shared<VertexProperty>(VertexProperty{*vertex, 0, key, value, {}}));
        });
    } else if (const auto* edge = element.If<EdgeRef>()) {
        if (const auto row = context.graph.Edge(edge->id)) {
            ForEdgeValues(*row, keys, numbers, [&](NameId key, const Value& value) {
                into.emplace_back(std::make_shared<Property>(
                    Property{element, std::string(context.graph.NameText(key)), value}));
            });
        }
    }
}

void PropertyValuesOf(Context& context, const Value& element, const std::vector<std::string>& keys,
                      Values& into) {
    if (const auto* property = element.If<Ptr<VertexProperty>>()) {
        return ForMeta(context, **property, keys,
                       [&](const std::string&, const Value& value) { into.push_back(value); });
    }
    const auto numbers = NumbersOf(context, keys);
    if (const auto* vertex = element.If<VertexRef>()) {
        if (keys.size() == 1) {
            if (!numbers.empty()) {
                static_cast<void>(context.graph.VertexValues(vertex->id, numbers[0], into));
            }
        } else if (const auto row = context.graph.Vertex(vertex->id)) {
            ForVertexValues(*row, keys, numbers,
                            [&](const VertexValue& value) { into.push_back(value.value); });
        }
        ForComputed(context, vertex->id, keys,
                    [&](const std::string&, const Value& value) { into.push_back(value); });
    } else if (const auto* edge = element.If<EdgeRef>()) {
        if (const auto row = context.graph.Edge(edge->id)) {
            ForEdgeValues(*row, keys, numbers,
                          [&](NameId, const Value& value) { into.push_back(value); });
        }
    }
}

}  // namespace gyre::graph::exec
