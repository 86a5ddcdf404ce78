#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/result.h"
#include "net/exchange.h"
#include "net/io_loop.h"
#include "net/tls.h"

namespace gyre::net {

/// A protocol whose connections are told from HTTP by the bytes that they begin with, which no HTTP
/// request does. From there on all bytes, those included, are `open`'s sink's. `open` is called on
/// an io thread.
struct OtherProtocol {
    std::string preamble;
    std::function<std::shared_ptr<UpgradeSink>(const std::shared_ptr<Upgraded>& line,
                                               const std::string& remote_address)>
        open;
    core::milliseconds idle{60'000};  ///< between OnIdle calls
};

struct HttpServerOptions {
    std::string address = "127.0.0.1:0";  ///< "host:port" (port 0: any free), or "unix:/path"
    IoLoop* loop = nullptr;               ///< outlives the server; null: a loop of its own
    int threads = 1;                      ///< io threads of a loop of its own
    /// The server's own names, whose subdomains RequestHead::subdomain tells.
    std::vector<std::string> domains;
    size_t max_head_bytes = 64 * 1024;
    size_t max_connections = 20'000;
    core::milliseconds head_timeout{10'000};  ///< to send a head once its first byte came
    core::milliseconds idle_timeout{75'000};  ///< between requests
    core::milliseconds body_timeout{30'000};  ///< without any progress of a body, either way
    /// Null: http only. Else https too, told by a connection's first byte; a handshake has
    /// head_timeout. Outlives the server.
    const TlsServer* tls = nullptr;
    bool tls_only = false;  ///< plain http is answered with 400
    /// Under TLS, clients that offer HTTP/2 are told to speak it: for an `other` that does.
    bool tls_http2 = false;
    /// Whether "CONNECT host:port" (host in lower case) is answered as if this server were that
    /// host: what follows is https or http for the handler, and nothing leaves the machine. Null:
    /// no CONNECT. What it refuses is answered with 403 and `tunnel_refusal`.
    std::function<bool(std::string_view host, uint16_t port)> answers_for{};
    std::string tunnel_refusal{};
    /// Null: HTTP only.
    std::shared_ptr<const OtherProtocol> other{};
};

/// HTTP/1.1 with keep-alive, pipelining and chunked bodies. Constructed means listening; Stop()
/// refuses new connections, lets answers in progress end within its grace, may be called twice; the
/// destructor stops and joins. From the first start on the process ignores SIGPIPE, which
/// sendfile(2) would end it with when a client goes.
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
