#pragma once

#include <optional>

#include "graph/exec/context.h"
#include "graph/exec/detail/triangle.h"

namespace gyre::graph::exec {

/// How many matches a triangle has whose sides are of one type and whose corners have the same
/// labels: each edge is read once into lists from the end with fewer edges to the one with more, so
/// that no list is long, and those are gone through by several threads. nullopt for other
/// triangles, where two edges lead from one vertex to the same other or one to itself, and where
/// the lists would not fit into 128 MiB.
[[nodiscard]] std::optional<uint64_t> CountByLists(Context& context, const Triangle& triangle);

}  // namespace gyre::graph::exec
