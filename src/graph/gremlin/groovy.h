#pragma once

#include "core/result.h"
#include "graph/plan/lambda.h"

namespace gyre::graph::gremlin {

/// Reads a lambda of "gremlin-groovy": the part of Groovy that is expressions, assignments, if and
/// return, such as "it.get().value('name').startsWith('m')" or "a, b -> a.compareTo(b)". Errors:
/// kInvalidArgument "MalformedQueryException" with what was expected; kUnimplemented for another
/// language.
[[nodiscard]] core::Result<plan::LambdaCode> ReadLambda(const Lambda& lambda);

}  // namespace gyre::graph::gremlin
