#pragma once

#include <string>

#include "core/result.h"
#include "graph/door/gremlin_request.h"
#include "net/http_message.h"

namespace gyre::graph::door {

/// POST /openCypher, as JSON {"query", "parameters"} or as a form; parameters may be a JSON text.
/// The answer is {"results": [{column: value}]}: nodes and relationships as objects with ~id,
/// ~entityType and their kin. Blocking, for a pool thread.
[[nodiscard]] core::Result<net::Response> ServeCypher(const net::RequestHead& head,
                                                      const std::string& body,
                                                      const GremlinService& service,
                                                      const gremlin::Permissions& permissions,
                                                      QueryLog::Query& running);
/// What the status page shows of it.
[[nodiscard]] std::optional<QueryLog::Shown> ShownCypher(const net::RequestHead& head,
                                                         const std::string& body);

}  // namespace gyre::graph::door
