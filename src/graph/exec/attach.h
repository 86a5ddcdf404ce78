#pragma once

#include "graph/exec/context.h"

namespace gyre::graph::exec {

/// An element that a client sent stands for the store's of its id, in lists and sets too; any other
/// value, and one whose element is not there, for itself.
[[nodiscard]] Value Attached(Transaction& graph, const Value& value);

}  // namespace gyre::graph::exec
