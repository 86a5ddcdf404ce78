#include "net/detail/socket.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

namespace gyre::net::detail {
namespace {

constexpr std::string_view kUnixPrefix = "unix:";

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t size = 0;
    std::string unix_path;

    [[nodiscard]] const sockaddr* Raw() const {
        return reinterpret_cast<const sockaddr*>(&storage);
    }
};

core::Result<SocketAddress> UnixAddress(const std::string& path) {
    sockaddr_un raw{};
    if (path.empty() || path.size() >= sizeof raw.sun_path) {
        return core::Fail(core::Code::kInvalidArgument,
                          "a Unix socket's path has 1 to 107 bytes: " + path);
    }
    raw.sun_family = AF_UNIX;
    std::memcpy(raw.sun_path, path.data(), path.size());
    SocketAddress result;
    std::memcpy(&result.storage, &raw, sizeof raw);
    result.size = sizeof raw;
    result.unix_path = path;
    return result;
}

core::Result<SocketAddress> ParseAddress(const std::string& address) {
    if (address.starts_with(kUnixPrefix)) return UnixAddress(address.substr(kUnixPrefix.size()));
    const size_t colon = address.rfind(':');
    if (colon == std::string::npos || colon == 0 || colon + 1 == address.size()) {
        return core::Fail(core::Code::kInvalidArgument,
                          "address must be host:port or unix:/path, not '" + address + "'");
    }
    std::string host = address.substr(0, colon);
    if (host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
    const std::string port = address.substr(colon + 1);
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV | AI_PASSIVE;
    addrinfo* found = nullptr;
    const int status = getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
    if (status != 0) {
        return core::Fail(core::Code::kInvalidArgument,
                          "cannot resolve '" + address + "': " + gai_strerror(status));
    }
    SocketAddress result;
    std::memcpy(&result.storage, found->ai_addr, found->ai_addrlen);
    result.size = found->ai_addrlen;
    freeaddrinfo(found);
    return result;
}

std::string TextOf(const sockaddr_storage& storage) {
    if (storage.ss_family == AF_INET) {
        const auto& in = reinterpret_cast<const sockaddr_in&>(storage);
        return AddressText(storage) + ":" + std::to_string(ntohs(in.sin_port));
    }
    const auto& in6 = reinterpret_cast<const sockaddr_in6&>(storage);
    return "[" + AddressText(storage) + "]:" + std::to_string(ntohs(in6.sin6_port));
}

Fd NewSocket(int family) {
    return Fd(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

/// Removes a socket file that was left behind by a program that is gone.
core::Status ClearStaleSocket(const SocketAddress& address) {
    const Fd probe = NewSocket(AF_UNIX);
    if (::connect(probe.Get(), address.Raw(), address.size) == 0 || errno == EAGAIN) {
        return core::Fail(core::Code::kAlreadyExists,
                          "another program answers on " + address.unix_path);
    }
    if (errno == ECONNREFUSED) ::unlink(address.unix_path.c_str());
    return {};
}

}  // namespace

core::Result<Listening> Listen(const std::string& address) {
    GYRE_ASSIGN(const SocketAddress parsed, ParseAddress(address));
    if (!parsed.unix_path.empty()) GYRE_TRY(ClearStaleSocket(parsed));
    Listening result{NewSocket(parsed.storage.ss_family), address};
    const int fd = result.fd.Get();
    if (fd < 0) return core::Fail(core::ErrnoError("socket", errno));
    const int one = 1;
    if (parsed.unix_path.empty()) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (::bind(fd, parsed.Raw(), parsed.size) != 0 || ::listen(fd, 4096) != 0) {
        if (errno == EADDRINUSE) {
            return core::Fail(core::Code::kAlreadyExists, address + " is in use");
        }
        return core::Fail(core::ErrnoError("listen on " + address, errno));
    }
    if (parsed.unix_path.empty()) {
        sockaddr_storage bound{};
        socklen_t size = sizeof bound;
        getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size);
        result.address = TextOf(bound);
    }
    return result;
}

bool PollUntil(int fd, short events, core::SteadyTime deadline) {
    while (true) {
        const auto left =
            std::chrono::ceil<core::milliseconds>(deadline - std::chrono::steady_clock::now());
        const auto wait = std::clamp<int64_t>(left.count(), 0, 3'600'000);
        pollfd entry{.fd = fd, .events = events, .revents = 0};
        const int count = ::poll(&entry, 1, static_cast<int>(wait));
        if (count > 0) return true;
        if (count < 0 && errno != EINTR) return true;  // the next call on it tells what is wrong
        if (left.count() <= 0) return false;
    }
}

std::string AddressText(const sockaddr_storage& address) {
    char text[INET6_ADDRSTRLEN] = {};
    if (address.ss_family == AF_INET) {
        inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, text,
                  sizeof text);
    } else if (address.ss_family == AF_INET6) {
        const in6_addr& six = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
        if (IN6_IS_ADDR_V4MAPPED(&six)) {
            inet_ntop(AF_INET, &six.s6_addr[12], text, sizeof text);
        } else {
            inet_ntop(AF_INET6, &six, text, sizeof text);
        }
    }
    return text;
}

core::Result<Fd> Connect(const std::string& address, core::SteadyTime deadline,
                         const std::function<bool(const std::string&)>& may_connect) {
    GYRE_ASSIGN(const SocketAddress parsed, ParseAddress(address));
    if (may_connect && (!parsed.unix_path.empty() || !may_connect(AddressText(parsed.storage)))) {
        return core::Fail(core::Code::kPermissionDenied,
                          address + " is at an address that may not be asked");
    }
    Fd fd = NewSocket(parsed.storage.ss_family);
    if (!fd.Valid()) return core::Fail(core::ErrnoError("socket", errno));
    const auto refused = [&](int error) {
        return core::Fail(core::Code::kUnavailable,
                          "cannot connect to " + address + ": " + std::strerror(error));
    };
    if (::connect(fd.Get(), parsed.Raw(), parsed.size) != 0) {
        if (errno != EINPROGRESS) return refused(errno);
        if (!PollUntil(fd.Get(), POLLOUT, deadline)) {
            return core::Fail(core::Code::kDeadlineExceeded, "connecting to " + address);
        }
        int error = 0;
        socklen_t size = sizeof error;
        getsockopt(fd.Get(), SOL_SOCKET, SO_ERROR, &error, &size);
        if (error != 0) return refused(error);
    }
    if (parsed.unix_path.empty()) {
        const int one = 1;
        setsockopt(fd.Get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    }
    return fd;
}

}  // namespace gyre::net::detail
