#include "net/detail/transport.h"

#include <sys/sendfile.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace gyre::net::detail {
namespace {

constexpr size_t kForgetBytes = 1024 * 1024;

Transfer ReceivePlain(int fd, std::span<char> into) {
    while (true) {
        const ssize_t got = ::recv(fd, into.data(), into.size(), MSG_DONTWAIT);
        if (got > 0) return {Outcome::kDone, static_cast<size_t>(got)};
        if (got == 0) return {Outcome::kEnded};
        if (errno == EINTR) continue;
        return {errno == EAGAIN ? Outcome::kWaitToReceive : Outcome::kBroken};
    }
}

}  // namespace

Transfer Transport::Receive(std::span<char> into) {
    return tls_ ? tls_->Receive(into) : ReceivePlain(fd_.Get(), into);
}

Transfer Transport::Send(std::span<const iovec> pieces, bool more_follows) {
    if (tls_) {
        const iovec& first = pieces.front();
        return tls_->Send({static_cast<const char*>(first.iov_base), first.iov_len});
    }
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(pieces.data());  // which sendmsg only reads
    message.msg_iovlen = pieces.size();
    const int flags = MSG_DONTWAIT | MSG_NOSIGNAL | (more_follows ? MSG_MORE : 0);
    while (true) {
        const ssize_t sent = ::sendmsg(fd_.Get(), &message, flags);
        if (sent >= 0) return {Outcome::kDone, static_cast<size_t>(sent)};
        if (errno == EINTR) continue;
        return {errno == EAGAIN ? Outcome::kWaitToSend : Outcome::kBroken};
    }
}

Transfer Transport::SendFile(int file, uint64_t offset, uint64_t length) {
    auto from = static_cast<off_t>(offset);
    while (true) {
        const ssize_t sent = ::sendfile(fd_.Get(), file, &from, length);
        if (sent > 0) return {Outcome::kDone, static_cast<size_t>(sent)};
        if (sent == 0) return {Outcome::kEnded};
        if (errno == EINTR) continue;
        return {errno == EAGAIN ? Outcome::kWaitToSend : Outcome::kBroken};
    }
}

void Transport::SayNoMore() {
    if (tls_) tls_->SayNoMore();
    ::shutdown(fd_.Get(), SHUT_WR);
}

Outcome Transport::Forget() {
    std::array<char, 16 * 1024> sink;
    for (size_t total = 0; total < kForgetBytes;) {
        const Transfer got = ReceivePlain(fd_.Get(), sink);
        if (got.outcome != Outcome::kDone) return got.outcome;
        total += got.bytes;
    }
    return Outcome::kDone;
}

void Transport::Shutdown() {
    if (tls_) tls_->SayNoMore();
    ::shutdown(fd_.Get(), SHUT_RDWR);
}

}  // namespace gyre::net::detail
