#pragma once

#include "core/result.h"
#include "graph/storage/graph_store.h"
#include "net/http_message.h"

namespace gyre::graph::door {

/// /propertygraph/stream: Neptune's GetPropertygraphStream, from AT_SEQUENCE_NUMBER,
/// AFTER_SEQUENCE_NUMBER, TRIM_HORIZON or LATEST, at most `limit` records. Errors: kNotFound
/// "StreamRecordsNotFoundException"; kUnimplemented where changes are not kept.
[[nodiscard]] core::Result<net::Response> ServeStream(const net::RequestHead& head,
                                                      GraphStore& store);

}  // namespace gyre::graph::door
