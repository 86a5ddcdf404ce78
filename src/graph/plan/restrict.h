#pragma once

#include <optional>
#include <string>

#include "graph/plan/step.h"

namespace gyre::graph::plan {

/// What of the graph a traversal may see and how it marks what it adds: SubgraphStrategy and
/// PartitionStrategy of TinkerPop.
struct Restriction {
    TraversalPtr vertices;    ///< has a result for a vertex that is seen; null: all are
    TraversalPtr edges;       ///< likewise
    TraversalPtr properties;  ///< likewise of a vertex's properties
    bool adjacent = true;     ///< an edge is seen only where both its vertices are
    std::optional<std::string> partition_key;
    std::optional<Value> write_partition;  ///< what new elements have under that key
    bool meta = false;  ///< so have properties of vertices; and the key itself is not seen
};

/// Puts the restriction's tests after every step that reaches elements, in children too.
void Restrict(Traversal& traversal, const Restriction& restriction);

}  // namespace gyre::graph::plan
