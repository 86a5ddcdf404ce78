#include "net/detail/acceptor.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>

#include "core/log.h"

namespace gyre::net::detail {
namespace {

constexpr int kAcceptsPerTurn = 64;
constexpr core::milliseconds kPause{50};

}  // namespace

core::Result<std::shared_ptr<Acceptor>> Acceptor::Start(std::shared_ptr<Reactor> reactor,
                                                        const std::string& address,
                                                        OnAccept on_accept) {
    GYRE_ASSIGN(Listening listening, Listen(address));
    std::shared_ptr<Acceptor> acceptor(
        new Acceptor(std::move(reactor), std::move(listening), std::move(on_accept)));
    acceptor->reactor_->RunSync([&] {
        // Level-triggered: what one turn leaves, the next one takes.
        GYRE_CHECK(acceptor->reactor_->Add(acceptor->fd_.Get(), EPOLLIN, acceptor));
    });
    return acceptor;
}

Acceptor::Acceptor(std::shared_ptr<Reactor> reactor, Listening listening, OnAccept on_accept)
    : reactor_(std::move(reactor)),
      address_(std::move(listening.address)),
      fd_(std::move(listening.fd)),
      on_accept_(std::move(on_accept)) {
}

void Acceptor::Close() {
    reactor_->RunSync([this] {
        if (!fd_.Valid()) return;
        reactor_->Remove(fd_.Get(), this);
        fd_.Close();
        if (address_.starts_with("unix:")) ::unlink(address_.c_str() + 5);
    });
}

void Acceptor::Pause() {
    core::LogWarning("no descriptors left for new connections", {{"address", address_}});
    reactor_->Modify(fd_.Get(), 0, this);
    reactor_->RunAfter(kPause, [weak = weak_from_this()] {
        const auto self = weak.lock();
        if (self && self->fd_.Valid()) self->reactor_->Modify(self->fd_.Get(), EPOLLIN, self.get());
    });
}

void Acceptor::OnEvents(uint32_t) {
    for (int i = 0; i < kAcceptsPerTurn && fd_.Valid(); ++i) {
        sockaddr_storage remote{};
        socklen_t size = sizeof remote;
        Fd fd(::accept4(fd_.Get(), reinterpret_cast<sockaddr*>(&remote), &size,
                        SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (!fd.Valid()) {
            if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) Pause();
            if (errno == ECONNABORTED || errno == EINTR) continue;
            return;
        }
        if (remote.ss_family != AF_UNIX) {
            const int one = 1;
            setsockopt(fd.Get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        }
        on_accept_(std::move(fd), AddressText(remote));
    }
}

}  // namespace gyre::net::detail
