#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

struct ssl_st;
struct ssl_ctx_st;

namespace gyre::net::detail {

/// What came of an attempt to move bytes that does not block.
enum class Outcome {
    kDone,
    kWaitToReceive,  ///< nothing done: again when the socket has bytes
    kWaitToSend,     ///< nothing done: again when the socket takes bytes
    kEnded,          ///< the peer said that no more comes
    kBroken          ///< the connection is of no more use
};

struct Transfer {
    Outcome outcome = Outcome::kDone;
    size_t bytes = 0;  ///< at least one when kDone
};

/// TLS over one non-blocking socket, which it borrows. No call blocks. Receive and Send may be
/// called by two threads at once.
class TlsSession {
  public:
    /// The server's side. `received` came off the socket already. An answer from Handshake that is
    /// neither kDone nor a wait is final.
    /// `http2`: it is what this server speaks, with those who offer it by ALPN.
    [[nodiscard]] static std::unique_ptr<TlsSession> Accept(ssl_ctx_st* context, int socket,
                                                            std::string received,
                                                            bool http2 = false);
    /// The client's: the server must show a certificate for `host`, a DNS name or an address.
    [[nodiscard]] static std::unique_ptr<TlsSession> Connect(ssl_ctx_st* context, int socket,
                                                             const std::string& host);
    ~TlsSession();
    TlsSession(const TlsSession&) = delete;
    TlsSession& operator=(const TlsSession&) = delete;

    [[nodiscard]] Outcome Handshake();
    [[nodiscard]] Transfer Receive(std::span<char> into);
    /// What waits must be sent again, from the same first byte on.
    [[nodiscard]] Transfer Send(std::string_view bytes);
    /// Tells the peer that no more comes, if the socket takes it.
    void SayNoMore();

    [[nodiscard]] bool SpeaksHttp2() const { return http2_; }
    /// Why it broke, for logs and errors.
    [[nodiscard]] std::string Reason() const;
    /// Whether this is an earlier session taken up again. After the handshake.
    [[nodiscard]] bool Resumed() const;
    /// The socket's own address without the port; "" for a Unix socket.
    [[nodiscard]] std::string LocalAddress() const;

  private:
    friend struct SocketBio;
    TlsSession(ssl_ctx_st* context, int socket, std::string received);
    [[nodiscard]] Outcome OutcomeOf(int result);

    const int socket_;
    bool http2_ = false;
    ssl_st* ssl_;
    mutable std::mutex mutex_;  // guards ssl_'s state and what follows
    std::string received_;      ///< to be read before the socket
    size_t taken_ = 0;          ///< of it
    std::string reason_;
    bool established_ = false;
    bool broken_ = false;
};

}  // namespace gyre::net::detail
