#pragma once

#include <string>

#include "core/result.h"
#include "graph/door/gremlin_request.h"
#include "net/exchange.h"

namespace gyre::graph::door {

/// POST /gremlin/explain {"gremlin"}: what the last statement would do, without doing it. Text as
/// Neptune's, or JSON where Accept asks for it. Errors: as the query's.
[[nodiscard]] core::Result<net::Response> ServeExplain(const net::RequestHead& head,
                                                       const std::string& body,
                                                       const GremlinService& service,
                                                       const gremlin::Permissions& permissions);
/// POST /gremlin/profile {"gremlin", "profile.results", "profile.chop", "profile.serializer"}: runs
/// the query and tells how long each step took.
[[nodiscard]] core::Result<net::Response> ServeProfile(const net::RequestHead& head,
                                                       const std::string& body,
                                                       const GremlinService& service,
                                                       const gremlin::Permissions& permissions,
                                                       QueryLog::Query& running);

}  // namespace gyre::graph::door
