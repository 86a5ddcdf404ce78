#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/worker_pool.h"
#include "graph/door/gremlin_request.h"
#include "net/exchange.h"

namespace gyre::graph::door {

struct SocketOptions {
    GremlinService service;
    core::WorkerPool* pool = nullptr;
    core::WorkerPool* writers = nullptr;  ///< as BoltOptions'
    size_t max_message_bytes = size_t{10} << 20;
    size_t max_in_flight = 64;  ///< requests of one connection; further ones wait unread
    /// Says what a user may do, by SASL PLAIN.
    std::function<core::Result<gremlin::Permissions>(const std::string& user,
                                                     const std::string& password)>
        authenticate;
};

/// Answers a WebSocket handshake on /gremlin, and from then on the sub-protocol of Gremlin Server
/// (TinkerPop, provider documentation). Requests of one connection run one after another; what runs
/// is cancelled when its client goes. Without permissions the first request is answered with 407,
/// and when its client has authenticated, with what it asked for.
void ServeSocket(net::Exchange& exchange, const SocketOptions& options,
                 const std::optional<gremlin::Permissions>& permissions);

}  // namespace gyre::graph::door
