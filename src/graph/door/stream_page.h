#pragma once

#include "core/result.h"
#include "graph/storage/graph_store.h"
#include "net/http_message.h"

namespace gyre::graph::door {

/// /propertygraph/stream and, of RDF, /sparql/stream: Neptune's Get…Stream, from
/// AT_SEQUENCE_NUMBER, AFTER_SEQUENCE_NUMBER, TRIM_HORIZON or LATEST, at most `limit` records.
/// Errors: kNotFound "StreamRecordsNotFoundException"; kUnimplemented where changes are not kept;
/// kDeadlineExceeded where none is found in that time.
[[nodiscard]] core::Result<net::Response> ServeStream(const net::RequestHead& head,
                                                      GraphStore& store, bool rdf,
                                                      const core::Clock& clock,
                                                      core::milliseconds timeout);

}  // namespace gyre::graph::door
