#pragma once

#include <string>

#include "core/result.h"
#include "graph/door/gremlin_request.h"
#include "net/http_message.h"

namespace gyre::graph::door {

/// POST /gremlin {"gremlin", "bindings"…} or GET /gremlin?gremlin=…; the answer is of the type that
/// Accept asks for, GraphSON 3 if none. Blocking, for a pool thread.
[[nodiscard]] core::Result<net::Response> ServeGremlin(const net::RequestHead& head,
                                                       const std::string& body,
                                                       const GremlinService& service,
                                                       const gremlin::Permissions& permissions,
                                                       QueryLog::Query& running);
/// What the status page shows of it.
[[nodiscard]] std::optional<QueryLog::Shown> ShownGremlin(const net::RequestHead& head,
                                                          const std::string& body);

}  // namespace gyre::graph::door
