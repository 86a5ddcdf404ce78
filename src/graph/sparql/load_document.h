#pragma once

#include <map>
#include <string>

#include "core/result.h"
#include "graph/exec/context.h"
#include "graph/rdf/quads.h"
#include "graph/sparql/algebra.h"
#include "graph/sparql/outside.h"

namespace gyre::graph::sparql {

/// Documents by the LOAD that wants them.
using Documents = std::map<const Update*, Outside::Document>;

/// What a request's LOADs read, so that it is here before the request's turn to write begins: no
/// other writer waits for a slow server. Of SILENT ones only what can be read to its end. Errors:
/// those of the others; time that is up and cancelling of all.
[[nodiscard]] core::Result<Documents> ReadDocuments(const UpdateRequest& request, Outside* outside);

/// Adds a document's statements: all to the graph `into`; where that is empty, each to the graph
/// that it names, or to the default graph. Blank nodes are new. Errors: kInvalidArgument naming the
/// line, the budget's.
[[nodiscard]] core::Status AddDocument(rdf::Quads& quads, exec::Context& budget,
                                       const Outside::Document& document, const std::string& into);

}  // namespace gyre::graph::sparql
