#pragma once

#include <functional>
#include <memory>

#include "core/worker_pool.h"
#include "graph/door/gremlin_request.h"
#include "net/exchange.h"

namespace gyre::graph::door {

struct SocketOptions {
    GremlinService service;
    core::WorkerPool* pool = nullptr;
    size_t max_message_bytes = size_t{10} << 20;
    size_t max_in_flight = 64;  ///< requests of one connection; further ones wait unread
};

/// Answers a WebSocket handshake on /gremlin, and from then on the sub-protocol of Gremlin Server
/// (TinkerPop, provider documentation). Requests of one connection run one after another; what runs
/// is cancelled when its client goes.
void ServeSocket(net::Exchange& exchange, const SocketOptions& options,
                 const gremlin::Permissions& permissions);

}  // namespace gyre::graph::door
