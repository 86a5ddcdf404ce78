#pragma once

#include <string_view>

#include "core/result.h"
#include "graph/plan/row.h"
#include "graph/value.h"

namespace gyre::graph::cypher {

/// An openCypher query as a plan of rows: MATCH, OPTIONAL MATCH, WHERE, UNWIND, WITH, RETURN with
/// ORDER BY, SKIP and LIMIT, CREATE, MERGE, SET, REMOVE and DELETE. `parameters` stand for $names.
/// Errors: kInvalidArgument "MalformedQueryException" with line, column and what was expected;
/// kUnimplemented.
[[nodiscard]] core::Result<plan::RowQuery> Parse(std::string_view query, const Map& parameters);

}  // namespace gyre::graph::cypher
