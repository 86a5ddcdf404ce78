#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/result.h"
#include "net/detail/reactor.h"
#include "net/detail/socket.h"

namespace gyre::net::detail {

/// Accepts connections on a reactor and hands them over there. When the process has no descriptor
/// left it waits a little and goes on. Close() is synchronous and may be called twice.
class Acceptor final : public Sink, public std::enable_shared_from_this<Acceptor> {
  public:
    /// `remote` is the peer's address without the port; "" for a Unix socket.
    using OnAccept = std::function<void(Fd fd, std::string remote)>;

    [[nodiscard]] static core::Result<std::shared_ptr<Acceptor>> Start(
        std::shared_ptr<Reactor> reactor, const std::string& address, OnAccept on_accept);

    [[nodiscard]] const std::string& Address() const { return address_; }
    void Close();
    void OnEvents(uint32_t events) override;

  private:
    Acceptor(std::shared_ptr<Reactor> reactor, Listening listening, OnAccept on_accept);
    void Pause();

    const std::shared_ptr<Reactor> reactor_;
    const std::string address_;
    Fd fd_;
    OnAccept on_accept_;
};

}  // namespace gyre::net::detail
