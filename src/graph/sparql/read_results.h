#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "graph/rdf/term.h"

namespace gyre::graph::sparql {

/// The solutions of a SELECT that another server has carried out. A row has a term for each
/// variable, or none.
struct ResultTable {
    std::vector<std::string> variables;
    std::vector<std::vector<std::optional<rdf::Term>>> rows;
};

/// "SPARQL 1.1 Query Results JSON Format" and "SPARQL Query Results XML Format". What they give is
/// fit to be stored: IRIs and languages are such. Errors: kInvalidArgument.
[[nodiscard]] core::Result<ResultTable> ReadJsonResults(std::string_view text);
[[nodiscard]] core::Result<ResultTable> ReadXmlResults(std::string_view text);

}  // namespace gyre::graph::sparql
