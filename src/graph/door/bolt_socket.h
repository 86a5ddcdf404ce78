#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/worker_pool.h"
#include "graph/bolt/session.h"
#include "net/http_server.h"

namespace gyre::graph::door {

struct BoltOptions {
    core::WorkerPool* pool = nullptr;
    /// Of those who have the turn to write: in `pool` they would stand behind those who wait for
    /// it, with a thread each.
    core::WorkerPool* writers = nullptr;
    size_t max_message_bytes = size_t{10} << 20;
    size_t max_waiting = 256;  ///< messages of one connection; further ones wait unread
    /// Of a connection from that address.
    std::function<bolt::SessionOptions(const std::string& remote_address)> session;
};

/// Bolt's handshake, "60 60 B0 17" and four versions, and what follows it. Messages of one
/// connection are worked off one after another; RESET stops what runs. The pools outlive all
/// connections.
[[nodiscard]] std::shared_ptr<const net::OtherProtocol> BoltProtocol(BoltOptions options);

/// The version that both sides speak, of a handshake's four proposals (16 bytes); {0, 0} for none.
[[nodiscard]] bolt::Dialect ChooseDialect(std::string_view proposals);

}  // namespace gyre::graph::door
