#pragma once

#include <string>

#include "core/result.h"
#include "graph/load/loader.h"
#include "net/http_message.h"

namespace gyre::graph::door {

/// /loader and /loader/{id}; an id may also come as ?loadId=, as notebooks send it.
[[nodiscard]] core::Result<net::Response> ServeLoader(const net::RequestHead& head,
                                                      const std::string& body,
                                                      load::Loader& loader);

}  // namespace gyre::graph::door
