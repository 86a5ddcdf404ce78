#pragma once

#include <sys/uio.h>

#include <memory>
#include <span>
#include <string>

#include "net/detail/fd.h"
#include "net/detail/tls_session.h"

namespace gyre::net::detail {

/// A connected, non-blocking socket, plain or under TLS. One thread may receive while another
/// sends. It becomes secure, if ever, before two threads use it.
class Transport {
  public:
    explicit Transport(Fd fd) : fd_(std::move(fd)) {}

    [[nodiscard]] int Descriptor() const { return fd_.Get(); }
    [[nodiscard]] bool Secure() const { return tls_ != nullptr; }
    /// From here on all bytes go through `session`.
    void Secure(std::unique_ptr<TlsSession> session) { tls_ = std::move(session); }
    /// Of a secure one.
    [[nodiscard]] TlsSession& Session() { return *tls_; }

    [[nodiscard]] Transfer Receive(std::span<char> into);
    /// Sends some of the first piece, and of the next ones too where that costs nothing. What is
    /// known to be followed by more may wait for it in the system, to leave with it.
    [[nodiscard]] Transfer Send(std::span<const iovec> pieces, bool more_follows = false);
    /// Whether more may be there after `got` bytes were received where there was room for `room`.
    /// A socket's short read has emptied it; a TLS record ends where it ends.
    [[nodiscard]] bool MayHaveMore(size_t got, size_t room) const {
        return Secure() ? got > 0 : got == room;
    }
    /// Sends some of an open file from `offset` on. Not of a secure one. kEnded where the file
    /// ends.
    [[nodiscard]] Transfer SendFile(int file, uint64_t offset, uint64_t length);
    /// Tells the peer that no more comes.
    void SayNoMore();
    /// Receives and forgets what is on the socket, without a look at it, up to about a MiB; kDone
    /// when there is more.
    [[nodiscard]] Outcome Forget();
    /// Both ways; the descriptor stays.
    void Shutdown();

  private:
    Fd fd_;
    std::unique_ptr<TlsSession> tls_;
};

}  // namespace gyre::net::detail
