#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/cancel.h"
#include "core/clock.h"
#include "core/result.h"
#include "net/exchange.h"
#include "net/http_message.h"
#include "net/tls.h"

namespace gyre::net {

struct HttpClientOptions {
    /// https: the server must show a certificate of the address's host that this trusts; null:
    /// http.
    std::shared_ptr<const TlsClient> tls;
    /// Asked with the numeric address that the host's name has led to, before each connection;
    /// null: any will do.
    std::function<bool(const std::string& ip)> may_connect;
    uint64_t max_body = UINT64_MAX;  ///< of an answer
    /// Ends what waits, within a fifth of a second.
    std::optional<core::CancelToken> cancel;
};

struct ClientRequest {
    std::string method = "GET";
    std::string target = "/";  ///< already encoded
    Headers headers;
    std::string body;
};

/// A blocking HTTP/1.1 client of one origin with kept-alive connections. Thread-safe.
/// Errors: kUnavailable (no connection, or a certificate that is not trusted), kDeadlineExceeded,
/// kInternal (broken answer), kPermissionDenied (`may_connect`), kResourceExhausted (`max_body`),
/// kCancelled.
class HttpClient {
  public:
    using TakePiece = std::function<core::Status(const Response& head, std::string_view piece)>;

    /// `address` as of HttpServerOptions.
    explicit HttpClient(std::string address);
    /// https: the server must show a certificate of the address's host that `tls` trusts.
    HttpClient(std::string address, std::shared_ptr<const TlsClient> tls);
    HttpClient(std::string address, HttpClientOptions options);
    ~HttpClient();
    [[nodiscard]] core::Result<Response> Send(const ClientRequest& request,
                                              core::milliseconds timeout);
    /// As Send, with so many bytes of `body` in place of the request's own, piece by piece. The
    /// body's own errors are passed on; the server then sees a request that broke off. `timeout` is
    /// for the answer and for each mebibyte.
    [[nodiscard]] core::Result<Response> SendStream(const ClientRequest& request, BodyReader& body,
                                                    uint64_t length, core::milliseconds timeout);
    /// A request whose body has no known length, in chunks, and whose answer is given on piece by
    /// piece, while the body still goes where it comes so early: `take` gets its status and headers
    /// each time, and what is returned is without a body. An answer that is whole ends the
    /// sending. The errors of `body` and `take` are passed on; the server then sees a request that
    /// broke off. `patience` is for the server's next sign, be it to take or to give.
    [[nodiscard]] core::Result<Response> SendChunked(const ClientRequest& request, BodyReader& body,
                                                     const TakePiece& take,
                                                     core::milliseconds patience,
                                                     const core::CancelToken& cancel);
    /// The same for a request that is whole: only its answer is given on piece by piece.
    [[nodiscard]] core::Result<Response> SendForPieces(const ClientRequest& request,
                                                       const TakePiece& take,
                                                       core::milliseconds patience,
                                                       const core::CancelToken& cancel);

  private:
    struct Impl;
    /// `body`: null where the request is whole.
    [[nodiscard]] core::Result<Response> TakePieces(const ClientRequest& request, BodyReader* body,
                                                    const TakePiece& take,
                                                    core::milliseconds patience,
                                                    const core::CancelToken& cancel);
    std::unique_ptr<Impl> impl_;
};

}  // namespace gyre::net
