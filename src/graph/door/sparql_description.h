#pragma once

#include <optional>

#include "core/result.h"
#include "graph/rdf/quads.h"
#include "net/http_message.h"

namespace gyre::graph::door {

/// What a SPARQL endpoint says of itself in RDF ("SPARQL 1.1 Service Description") where it is
/// asked for nothing and Accept names a syntax of RDF; nullopt where it does not.
[[nodiscard]] std::optional<core::Result<net::Response>> DescribeService(
    const net::RequestHead& head, rdf::DefaultGraph kind);

}  // namespace gyre::graph::door
