#pragma once

#include <string>

#include "core/clock.h"
#include "core/result.h"
#include "graph/door/query_log.h"
#include "net/http_message.h"

namespace gyre::graph::door {

/// GET /status
[[nodiscard]] net::Response EngineStatus(core::WallTime started);

/// GET and DELETE /gremlin/status, /gremlin/status/{id}, and ?queryId= and ?cancelQuery as
/// Neptune's pages have them.
[[nodiscard]] core::Result<net::Response> QueryStatus(const net::RequestHead& head,
                                                      const std::string& body, QueryLog& log);

}  // namespace gyre::graph::door
