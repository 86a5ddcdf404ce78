#pragma once

#include <string>
#include <string_view>

#include "core/result.h"
#include "graph/sparql/algebra.h"

namespace gyre::graph::sparql {

/// A query of SPARQL 1.1. Errors: kInvalidArgument "MalformedQueryException" with line, column and
/// what was expected.
[[nodiscard]] core::Result<Query> ParseQuery(std::string_view text, std::string_view base = {});
/// A request of SPARQL 1.1 Update. Errors: as above.
[[nodiscard]] core::Result<UpdateRequest> ParseUpdate(std::string_view text,
                                                      std::string_view base = {});

}  // namespace gyre::graph::sparql
