#pragma once

#include "graph/plan/step.h"

namespace gyre::graph::plan {

/// Rewrites a traversal and its children so that it gives the same with less work: filters go into
/// the source that they follow, counts come from the counts that the store keeps, and traversers
/// that stand at one place between two hops are made one. `paths`: traversers note where they have
/// been.
void Optimise(Traversal& traversal, bool paths);

}  // namespace gyre::graph::plan
