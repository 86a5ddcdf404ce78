#pragma once

#include <string>
#include <string_view>

#include "core/clock.h"
#include "core/json.h"
#include "core/result.h"
#include "graph/door/query_log.h"
#include "net/http_message.h"

namespace gyre::graph::door {

/// Of Neptune's, whose API this is.
constexpr std::string_view kEngineVersion = "1.4.0.0";

/// GET /status. `replicas`: what their followers say, by graph; that of "g" makes it a reader.
[[nodiscard]] net::Response EngineStatus(core::WallTime started, const core::JsonObject& replicas);

/// GET and DELETE /gremlin/status, /gremlin/status/{id} and their kin of other languages, and
/// ?queryId= and ?cancelQuery as Neptune's pages have them.
[[nodiscard]] core::Result<net::Response> QueryStatus(const net::RequestHead& head,
                                                      const std::string& body, QueryLog& log,
                                                      QueryLanguage language);

}  // namespace gyre::graph::door
