#pragma once

#include <string>

#include "graph/plan/step.h"

namespace gyre::graph::plan {

/// A step as TinkerPop's explain() shows one: "VertexStep(OUT,[knows],vertex)@[a]".
[[nodiscard]] std::string StepText(const Step& step);
/// "[GraphStep(vertex,[1]), VertexStep(OUT,vertex)]"
[[nodiscard]] std::string TraversalText(const Traversal& traversal);

}  // namespace gyre::graph::plan
