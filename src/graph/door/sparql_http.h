#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "core/result.h"
#include "graph/door/gremlin_request.h"
#include "net/http_message.h"

namespace gyre::graph::door {

/// Whether a path is SPARQL's: /sparql for the graph "g", /sparql/NAME for another one. Says which.
[[nodiscard]] bool IsSparqlPath(std::string_view path, const Graphs& graphs, std::string& graph);

/// Who asks.
struct SparqlCaller {
    gremlin::Permissions permissions;
    /// Whether the caller may "s3:GetObject" an ARN; null: whoever is here may.
    std::function<core::Status(const std::string& resource)> may_get;
};

/// GET and POST of SPARQL 1.1 Protocol: query= or update= in the URL or a form, or the text as the
/// body. Blocking, for a pool thread.
[[nodiscard]] core::Result<net::Response> ServeSparql(
    const net::RequestHead& head, const std::string& body, const std::string& graph,
    const GremlinService& service, const SparqlCaller& caller, QueryLog::Query& running);
/// What the status page shows of it.
[[nodiscard]] std::optional<QueryLog::Shown> ShownSparql(const net::RequestHead& head,
                                                         const std::string& body);

}  // namespace gyre::graph::door
