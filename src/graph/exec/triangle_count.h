#pragma once

#include <optional>
#include <vector>

#include "graph/exec/context.h"
#include "graph/plan/row.h"

namespace gyre::graph::exec {

/// How many matches the patterns have, where they are three nodes and three hops between each two
/// of them, of one type each and without properties, and nothing of them is bound in the row:
/// neighbours are marked, and others' neighbours looked up among the marks, without a walk along
/// each pair of edges. nullopt for other patterns, and where an edge joins a vertex with itself
/// (then one edge could be two sides).
[[nodiscard]] std::optional<uint64_t> CountTriangles(Context& context,
                                                     const std::vector<plan::PathPattern>& patterns,
                                                     const Values& row);

}  // namespace gyre::graph::exec
