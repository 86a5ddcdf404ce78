#pragma once

#include <sys/socket.h>

#include <functional>
#include <string>

#include "core/clock.h"
#include "core/result.h"
#include "net/detail/fd.h"

namespace gyre::net::detail {

struct Listening {
    Fd fd;
    std::string address;  ///< with the real port
};

/// Listens on "host:port" (port 0: any free; IPv6 as "[::1]:80") or "unix:/path". A socket file
/// that nobody answers on is replaced. Non-blocking. Errors: kInvalidArgument (malformed address),
/// kAlreadyExists (taken), else from errno.
[[nodiscard]] core::Result<Listening> Listen(const std::string& address);

/// The numeric address without its port: "192.0.2.1", also where an IPv6 socket has it mapped
/// ("::ffff:192.0.2.1"). "" for a Unix socket's.
[[nodiscard]] std::string AddressText(const sockaddr_storage& address);

/// A connected non-blocking socket. `may_connect` is asked for the numeric address that a host's
/// name has led to; null: any will do. Errors: kInvalidArgument, kUnavailable, kDeadlineExceeded,
/// kPermissionDenied where it may not.
[[nodiscard]] core::Result<Fd> Connect(
    const std::string& address, core::SteadyTime deadline,
    const std::function<bool(const std::string&)>& may_connect = nullptr);

/// Waits for poll(2)'s `events` on `fd`: true when they came (or the peer went) before `deadline`.
[[nodiscard]] bool PollUntil(int fd, short events, core::SteadyTime deadline);

}  // namespace gyre::net::detail
