#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "graph/exec/context.h"

namespace gyre::graph::exec {

/// Changes of the graph as the steps that write make them. Errors are noted in the context; false
/// then.

/// "a::b" as the names of labels; "vertex" where it is empty.
[[nodiscard]] std::vector<NameId> LabelsOf(Transaction& graph, std::string_view text);
[[nodiscard]] bool AddVertex(Context& context, VertexRow row, Value& vertex);
[[nodiscard]] bool AddEdge(Context& context, EdgeRow row, Value& edge);
/// Sets a property of a vertex, an edge or a vertex property; the graph's own cardinality where
/// none is given. `id`: of a vertex's, a whole number; null: the graph makes one.
[[nodiscard]] bool SetProperty(Context& context, const Value& element,
                               std::optional<Cardinality> cardinality, const std::string& key,
                               const Value& value,
                               const std::vector<std::pair<std::string, Value>>& meta,
                               const Value& id = Value());
[[nodiscard]] bool Drop(Context& context, const Value& element);
/// The vertex that a value names: itself, a client's copy, or an id.
[[nodiscard]] std::optional<uint64_t> VertexOf(Context& context, const Value& value);

}  // namespace gyre::graph::exec
