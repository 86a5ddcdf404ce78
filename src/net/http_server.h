#pragma once

#include <memory>
#include <string>

#include "core/clock.h"
#include "core/result.h"
#include "net/exchange.h"
#include "net/io_loop.h"

namespace gyre::net {

struct HttpServerOptions {
    std::string address = "127.0.0.1:0";  ///< "host:port" (port 0: any free), or "unix:/path"
    IoLoop* loop = nullptr;               ///< outlives the server; null: a loop of its own
    int threads = 1;                      ///< io threads of a loop of its own
    size_t max_head_bytes = 64 * 1024;
    size_t max_connections = 20'000;
    core::milliseconds head_timeout{10'000};  ///< to send a head once its first byte came
    core::milliseconds idle_timeout{75'000};  ///< between requests
    core::milliseconds body_timeout{30'000};  ///< without any progress of a body, either way
};

/// HTTP/1.1 with keep-alive, pipelining and chunked bodies. Constructed means listening; Stop()
/// refuses new connections, lets answers in progress end within its grace, may be called twice; the
/// destructor stops and joins.
class HttpServer {
  public:
    [[nodiscard]] static core::Result<std::unique_ptr<HttpServer>> Start(HttpServerOptions options,
                                                                         Handler handler);
    virtual ~HttpServer() = default;
    /// The bound address, with the real port.
    [[nodiscard]] virtual std::string Address() const = 0;
    [[nodiscard]] virtual size_t Connections() const = 0;
    virtual void Stop(core::milliseconds grace) = 0;
};

}  // namespace gyre::net
