#pragma once

#include <string>

#include "core/result.h"
#include "graph/door/gremlin_request.h"
#include "net/http_message.h"

namespace gyre::graph::door {

/// GET, HEAD, PUT, POST and DELETE of /sparql/gsp/?graph=IRI and ?default: whole graphs of "g"
/// (SPARQL 1.1 Graph Store HTTP Protocol). Blocking, for a pool thread.
[[nodiscard]] core::Result<net::Response> ServeGraphStore(const net::RequestHead& head,
                                                          const std::string& body,
                                                          const GremlinService& service,
                                                          const gremlin::Permissions& permissions);

}  // namespace gyre::graph::door
