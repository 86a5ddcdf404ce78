#pragma once

#include <memory>

#include "core/config.h"
#include "core/result.h"
#include "net/exchange.h"
#include "net/http_server.h"
#include "serving/torchserve/properties.h"
#include "serving/torchserve/server.h"

namespace gyre::server {

/// Answers everything with 404.
[[nodiscard]] net::Handler NothingHere();

/// KServe V2 over gRPC, as kserve.grpc_listen says, in front of `kserve`, which answers it over
/// HTTP; `http` is the platform's own listener's. Null where there is none: it is switched off, or
/// "auto" and 8001 is taken.
[[nodiscard]] core::Result<std::unique_ptr<net::HttpServer>> ListenForGrpc(
    const core::Config& config, net::Handler kserve, net::HttpServerOptions http);

/// TorchServe's two ports for gRPC.
struct TorchServeGrpc {
    std::unique_ptr<net::HttpServer> inference;
    std::unique_ptr<net::HttpServer> management;

    /// Lets what is under way end. May be called twice.
    void Stop();
};
/// In front of `server`, which outlives them. Where the user chose no port and TorchServe's is
/// taken, there is none, and the log says so.
[[nodiscard]] core::Result<TorchServeGrpc> ListenForTorchServeGrpc(
    const serving::torchserve::Settings& settings, serving::torchserve::Server& server);

}  // namespace gyre::server
