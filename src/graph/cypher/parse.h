#pragma once

#include <string_view>

#include "core/result.h"
#include "graph/cypher/procedures.h"
#include "graph/plan/row.h"
#include "graph/value.h"

namespace gyre::graph::cypher {

/// An openCypher 9 query, with Neptune's extensions, as a plan of rows. `parameters` stand for
/// $names. Errors: kInvalidArgument "MalformedQueryException" with line, column, what was expected
/// and openCypher's name for the error; "MissingParameterException"; kUnimplemented.
[[nodiscard]] core::Result<plan::RowQuery> Parse(std::string_view query, const Map& parameters,
                                                 const Procedures& procedures = {});

}  // namespace gyre::graph::cypher
