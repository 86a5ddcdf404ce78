#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "access/identity_store.h"
#include "core/config.h"
#include "core/result.h"
#include "graph/graph.h"
#include "net/http_server.h"
#include "objects/object_store.h"

namespace gyre::server {

/// The graphs that the configuration names, in `folder`. Errors name the key.
[[nodiscard]] core::Result<std::unique_ptr<graph::Graph>> OpenGraph(
    const core::Config& config, const std::filesystem::path& folder, const core::Clock& clock,
    const access::IdentityStore& identities, objects::ObjectStore& objects);

/// The graph's own port, as graph.listen says; `http` is the platform's own listener's. Null where
/// there is none: it is switched off, or "auto" and 8182 is taken.
[[nodiscard]] core::Result<std::unique_ptr<net::HttpServer>> ListenForGraph(
    const core::Config& config, graph::Graph& graph, net::HttpServerOptions http);

}  // namespace gyre::server
