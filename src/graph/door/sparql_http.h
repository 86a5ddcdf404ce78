#pragma once

#include <string>
#include <string_view>

#include "core/result.h"
#include "graph/door/gremlin_request.h"
#include "net/http_message.h"

namespace gyre::graph::door {

/// Whether a path is SPARQL's: /sparql for the graph "g", /sparql/NAME for another one. Says which.
[[nodiscard]] bool IsSparqlPath(std::string_view path, const Graphs& graphs, std::string& graph);

/// GET and POST of SPARQL 1.1 Protocol: query= or update= in the URL or a form, or the text as the
/// body. Blocking, for a pool thread.
[[nodiscard]] core::Result<net::Response> ServeSparql(const net::RequestHead& head,
                                                      const std::string& body,
                                                      const std::string& graph,
                                                      const GremlinService& service,
                                                      const gremlin::Permissions& permissions);

}  // namespace gyre::graph::door
