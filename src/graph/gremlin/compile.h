#pragma once

#include "core/result.h"
#include "graph/plan/step.h"
#include "graph/value.h"

namespace gyre::graph::gremlin {

/// What a traversal means, as a plan. Errors: kInvalidArgument (a step that does not exist,
/// arguments that it does not take), kUnimplemented "UnsupportedOperationException" (a step of
/// Gremlin that is not built). Their detail "at" is the offset of the step in its script.
[[nodiscard]] core::Result<plan::Query> Compile(const Bytecode& bytecode);

}  // namespace gyre::graph::gremlin
