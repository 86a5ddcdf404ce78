#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "core/result.h"
#include "net/exchange.h"

namespace gyre::net {

struct WebSocketOptions {
    size_t max_message_bytes = size_t{10} << 20;
    /// Without a word from the client for this long it is pinged; after so many pings that nothing
    /// has come after, given up.
    core::milliseconds idle{60'000};
    int pings = 1;
};

/// A WebSocket of a client (RFC 6455, version 13; permessage-deflate of RFC 7692 where it is
/// offered). Pings are answered, and what is
/// not to the rules is closed with its code. Thread-safe; kept alive by whoever holds it.
class WebSocket {
  public:
    virtual ~WebSocket() = default;
    /// Sends a whole message and returns when it is handed to the system; senders take turns. Not
    /// on an io thread. Errors: kCancelled (closed, gone), kDeadlineExceeded (the client takes
    /// nothing).
    [[nodiscard]] virtual core::Status Send(std::string_view message, bool binary) = 0;
    /// Says why and closes. Any thread; the first code counts.
    virtual void Close(uint16_t code, std::string_view reason) = 0;
    /// No more messages until Resume.
    virtual void Pause() = 0;
    virtual void Resume() = 0;
};

/// All are called on an io thread and must not block.
struct WebSocketHandler {
    std::function<void(const std::shared_ptr<WebSocket>&, std::string message, bool binary)>
        message;
    /// The last call.
    std::function<void()> closed;
    /// Nothing has come for WebSocketOptions::idle. May be null.
    std::function<void()> idle{};
};

/// Whether the request asks for a WebSocket.
[[nodiscard]] bool WantsWebSocket(const RequestHead& head);
/// Answers the handshake, inside the exchange's handler; a request that is no handshake is answered
/// with 400, or 426 for another version.
void AcceptWebSocket(Exchange& exchange, const WebSocketOptions& options, WebSocketHandler handler);

}  // namespace gyre::net
