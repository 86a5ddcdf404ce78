#pragma once

#include <span>

#include "graph/exec/context.h"
#include "graph/exec/traverser.h"
#include "graph/plan/lambda.h"

namespace gyre::graph::exec {

/// What a lambda says of a traverser (or of its value: see LambdaCode). What is wrong is noted in
/// the context, and the value is null then.
[[nodiscard]] Value RunLambda(Context& context, const plan::LambdaCode& code,
                              const Traverser& traverser);
/// Of values, for comparators: negative, 0 or positive.
[[nodiscard]] Value RunLambda(Context& context, const plan::LambdaCode& code,
                              std::span<const Value> arguments);

}  // namespace gyre::graph::exec
