#include "load/connection.h"

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace gyre::load {
namespace {

constexpr size_t kFirstRoom = 16 * 1024;
constexpr size_t kMostRoom = 256 * 1024;  // in a core's cache
constexpr size_t kKept = 16 * 1024;

}  // namespace

core::Result<Connection> Connection::Open(const sockaddr_in& address) {
    const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return core::Fail(core::ErrnoError("socket", errno));
    Connection connection(descriptor);
    const int on = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
        errno != EINPROGRESS) {
        return core::Fail(core::ErrnoError("connect", errno));
    }
    connection.in_.resize(kFirstRoom);
    return connection;
}

Connection::Connection(Connection&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      busy_(other.busy_),
      head_(std::move(other.head_)),
      body_(other.body_),
      sent_(other.sent_),
      in_(std::move(other.in_)),
      filled_(other.filled_),
      dropped_(other.dropped_) {
}

Connection& Connection::operator=(Connection&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    std::swap(busy_, other.busy_);
    std::swap(head_, other.head_);
    std::swap(body_, other.body_);
    std::swap(sent_, other.sent_);
    std::swap(in_, other.in_);
    std::swap(filled_, other.filled_);
    std::swap(dropped_, other.dropped_);
    return *this;
}

Connection::~Connection() {
    if (descriptor_ >= 0) close(descriptor_);
}

core::Status Connection::Send(std::string_view head, std::string_view body) {
    busy_ = true;
    head_.assign(head);
    body_ = body;
    sent_ = 0;
    filled_ = 0;
    dropped_ = 0;
    return Write();
}

core::Status Connection::Write() {
    const size_t all = head_.size() + body_.size();
    while (sent_ < all) {
        iovec parts[2];
        size_t count = 0;
        if (sent_ < head_.size()) parts[count++] = {head_.data() + sent_, head_.size() - sent_};
        const size_t from = sent_ > head_.size() ? sent_ - head_.size() : 0;
        if (from < body_.size()) {
            parts[count++] = {const_cast<char*>(body_.data()) + from, body_.size() - from};
        }
        msghdr message{};
        message.msg_iov = parts;
        message.msg_iovlen = count;
        const ssize_t wrote = sendmsg(descriptor_, &message, MSG_NOSIGNAL);
        if (wrote < 0) {
            if (errno == EAGAIN) return {};
            if (errno == EINTR) continue;
            return core::Fail(core::ErrnoError("send", errno));
        }
        sent_ += static_cast<size_t>(wrote);
    }
    return {};
}

core::Result<AnswerView> Connection::Pump() {
    if (!busy_) {
        char byte = 0;
        if (recv(descriptor_, &byte, 1, MSG_PEEK) == 0) {
            return core::Fail(core::Code::kUnavailable, "the server closed an idle connection");
        }
        return AnswerView{};
    }
    GYRE_TRY(Write());
    // A read that leaves room behind took all there was: what comes later makes an event of its
    // own.
    for (bool more = true; more;) {
        if (filled_ == in_.size()) GYRE_TRY(MakeRoom());
        const size_t room = in_.size() - filled_;
        const ssize_t got = recv(descriptor_, in_.data() + filled_, room, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 && errno == EAGAIN) break;
        if (got < 0) return core::Fail(core::ErrnoError("recv", errno));
        if (got == 0) return core::Fail(core::Code::kUnavailable, "the server closed a connection");
        filled_ += static_cast<size_t>(got);
        more = static_cast<size_t>(got) == room;
    }
    GYRE_ASSIGN(AnswerView answer, ReadAnswer({in_.data(), filled_}, dropped_));
    if (dropped_ > 0) answer.body = answer.body.substr(0, kKept - (answer.head.size() + 2));
    if (answer.size == 0) return answer;
    if (answer.size != filled_) return core::Fail(core::Code::kInternal, "bytes after an answer");
    busy_ = false;
    return answer;
}

core::Status Connection::MakeRoom() {
    if (in_.size() >= kMostRoom) {
        GYRE_ASSIGN(const auto head, ReadHead({in_.data(), filled_}));
        if (head.size > 0 && head.size < kKept && !head.chunked) {
            dropped_ += filled_ - kKept;
            filled_ = kKept;
            return {};
        }
    }
    in_.resize(2 * in_.size());
    return {};
}

}  // namespace gyre::load
