#include "graph/exec/write.h"

#include <algorithm>

namespace gyre::graph::exec {
namespace {

using core::Code;

bool Failed(Context& context, const core::Error& error) {
    context.Fail(error);
    return false;
}

bool CheckValue(Context& context, const std::string& key, const Value& value) {
    if (key.empty()) {
        context.Fail("InvalidParameterException", "Property key can not be the empty string");
        return false;
    }
    if (context.graph.Mode() == GraphMode::kNeptune && value.IsNull()) {
        context.Fail("InvalidParameterException",
                     "Property value can not be null (key '" + key + "')");
        return false;
    }
    return true;
}

/// Of what cannot be null, to set null is to take away.
bool TakesAway(const Context& context, const Value& value) {
    return value.IsNull() && !context.query.rules.null_properties;
}

std::vector<std::pair<NameId, Value>> Named(
    Context& context, const std::vector<std::pair<std::string, Value>>& pairs) {
    std::vector<std::pair<NameId, Value>> named;
    for (const auto& [key, value] : pairs) {
        if (!TakesAway(context, value)) named.emplace_back(context.graph.Intern(key), value);
    }
    return named;
}

bool SetVertexProperty(Context& context, uint64_t vertex, std::optional<Cardinality> cardinality,
                       const std::string& key, const Value& value,
                       const std::vector<std::pair<std::string, Value>>& meta, const Value& id) {
    Transaction& graph = context.graph;
    const auto old = graph.Vertex(vertex);
    if (!old) {
        context.Fail("InvalidParameterException", "the vertex has been removed");
        return false;
    }
    const bool neptune = graph.Mode() == GraphMode::kNeptune;
    if (neptune && !meta.empty()) {
        context.Fail("UnsupportedOperationException",
                     "Properties on a vertex property are not supported");
        return false;
    }
    if (!id.IsNull() && (neptune || !IsWholeId(id))) {
        context.Fail("UnsupportedOperationException",
                     neptune ? "Vertex property does not support user supplied identifiers"
                             : "Vertex property does not support user supplied identifiers of "
                               "this type");
        return false;
    }
    if (neptune && cardinality == Cardinality::kList) {
        context.Fail("UnsupportedOperationException", "List cardinality is not supported");
        return false;
    }
    const Cardinality how =
        cardinality.value_or(neptune ? Cardinality::kSet : Cardinality::kSingle);
    VertexRow row = *old;
    const NameId name = graph.Intern(key);
    if (how == Cardinality::kSingle) {
        std::erase_if(row.values, [&](const VertexValue& one) { return one.key == name; });
    }
    auto same = std::ranges::find_if(row.values, [&](const VertexValue& one) {
        return how == Cardinality::kSet && one.key == name && SameValue(one.value, value);
    });
    if (same != row.values.end()) {
        if (!meta.empty()) same->meta = Named(context, meta);
    } else if (!TakesAway(context, value)) {
        const int64_t given = id.IsNull() ? 0 : WholeId(id) == 0 ? kZeroValueId : WholeId(id);
        row.values.push_back({name, value, given, Named(context, meta)});
    }
    const auto status = graph.PutVertex(vertex, row);
    return status || Failed(context, status.error());
}

bool SetEdgeProperty(Context& context, const EdgeRef& edge, const std::string& key,
                     const Value& value, bool removes) {
    const auto old = context.graph.Edge(edge.id);
    if (!old) {
        context.Fail("InvalidParameterException", "the edge has been removed");
        return false;
    }
    EdgeRow row = *old;
    const NameId name = context.graph.Intern(key);
    std::erase_if(row.values, [&](const auto& one) { return one.first == name; });
    if (!removes) row.values.emplace_back(name, value);
    const auto status = context.graph.PutEdge(edge.id, row);
    return status || Failed(context, status.error());
}

/// The stored value that a vertex property stands for.
VertexValue* FindStored(Context& context, VertexRow& row, const VertexProperty& property) {
    for (VertexValue& value : row.values) {
        if (context.graph.ValueId(property.vertex.id, value) == property.id &&
            context.graph.NameText(value.key) == property.key) {
            return &value;
        }
    }
    return nullptr;
}

bool SetMetaProperty(Context& context, const VertexProperty& property, const std::string& key,
                     const Value& value, bool removes) {
    if (context.graph.Mode() == GraphMode::kNeptune) {
        context.Fail("UnsupportedOperationException",
                     "Properties on a vertex property are not supported");
        return false;
    }
    const auto old = context.graph.Vertex(property.vertex.id);
    if (!old) return true;
    VertexRow row = *old;
    VertexValue* stored = FindStored(context, row, property);
    if (stored == nullptr) return true;
    const NameId name = context.graph.Intern(key);
    std::erase_if(stored->meta, [&](const auto& one) { return one.first == name; });
    if (!removes) stored->meta.emplace_back(name, value);
    const auto status = context.graph.PutVertex(property.vertex.id, row);
    return status || Failed(context, status.error());
}

}  // namespace

std::vector<NameId> LabelsOf(Transaction& graph, std::string_view text) {
    std::vector<NameId> labels;
    if (text.empty()) text = "vertex";
    while (!text.empty()) {
        const size_t end = graph.Mode() == GraphMode::kNeptune
                               ? std::min(text.find("::"), text.size())
                               : text.size();
        const std::string_view one = text.substr(0, end);
        text.remove_prefix(std::min(end + 2, text.size()));
        if (one.empty()) continue;
        const NameId label = graph.Intern(one);
        if (std::ranges::find(labels, label) == labels.end()) labels.push_back(label);
    }
    return labels;
}

bool AddVertex(Context& context, VertexRow row, Value& vertex) {
    auto added = context.graph.AddVertex(std::move(row));
    if (!added) return Failed(context, added.error());
    vertex = Value(VertexRef{*added});
    return true;
}

bool AddEdge(Context& context, EdgeRow row, Value& edge) {
    auto added = context.graph.AddEdge(std::move(row));
    if (!added) return Failed(context, added.error());
    edge = Value(*added);
    return true;
}

bool SetProperty(Context& context, const Value& element, std::optional<Cardinality> cardinality,
                 const std::string& key, const Value& value,
                 const std::vector<std::pair<std::string, Value>>& meta, const Value& id) {
    if (!CheckValue(context, key, value)) return false;
    if (const auto* vertex = element.If<VertexRef>()) {
        return SetVertexProperty(context, vertex->id, cardinality, key, value, meta, id);
    }
    if (const auto* edge = element.If<EdgeRef>()) {
        if (cardinality || !meta.empty()) {
            context.Fail("InvalidParameterException",
                         "Property cardinality can only be set for a Vertex but the traversal "
                         "encountered an Edge for key: " +
                             key);
            return false;
        }
        return SetEdgeProperty(context, *edge, key, value, TakesAway(context, value));
    }
    if (const auto* property = element.If<Ptr<VertexProperty>>()) {
        return SetMetaProperty(context, **property, key, value, TakesAway(context, value));
    }
    context.Fail("InvalidParameterException", "property() is for elements, and " +
                                                  DisplayText(element) + " is of type " +
                                                  std::string(TypeName(element)));
    return false;
}

bool Drop(Context& context, const Value& element) {
    Transaction& graph = context.graph;
    if (const auto* vertex = element.If<VertexRef>()) {
        graph.DropVertex(vertex->id);
        return true;
    }
    if (const auto* edge = element.If<EdgeRef>()) {
        graph.DropEdge(edge->id);
        return true;
    }
    if (const auto* property = element.If<Ptr<VertexProperty>>()) {
        const auto old = graph.Vertex((*property)->vertex.id);
        if (!old) return true;
        VertexRow row = *old;
        std::erase_if(row.values, [&](const VertexValue& value) {
            return graph.ValueId((*property)->vertex.id, value) == (*property)->id &&
                   graph.NameText(value.key) == (*property)->key;
        });
        const auto status = graph.PutVertex((*property)->vertex.id, row);
        return status || Failed(context, status.error());
    }
    if (const auto* property = element.If<Ptr<Property>>()) {
        const Value& owner = (*property)->element;
        if (const auto* edge = owner.If<EdgeRef>()) {
            return SetEdgeProperty(context, *edge, (*property)->key, Value(), true);
        }
        if (const auto* of_vertex = owner.If<Ptr<VertexProperty>>()) {
            return SetMetaProperty(context, **of_vertex, (*property)->key, Value(), true);
        }
        return true;
    }
    context.Fail("InvalidParameterException", "drop() is for elements and properties, and " +
                                                  DisplayText(element) + " is of type " +
                                                  std::string(TypeName(element)));
    return false;
}

std::optional<uint64_t> VertexOf(Context& context, const Value& value) {
    const auto vertex = context.graph.FindVertex(value);
    if (!vertex || !context.graph.Vertex(*vertex)) return std::nullopt;
    return vertex;
}

}  // namespace gyre::graph::exec
