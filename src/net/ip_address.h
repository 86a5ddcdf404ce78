#pragma once

#include <string>

namespace gyre::net {

/// Whether a numeric address ("192.0.2.1", "2001:db8::1") is one of the public internet: none of
/// this machine, of a private or local network, of documentation, of several hosts at once or set
/// aside ("IANA IPv4 and IPv6 Special-Purpose Address Registry"). IPv6 addresses that stand for
/// IPv4's are judged as those.
[[nodiscard]] bool IsPublicAddress(const std::string& ip);

}  // namespace gyre::net
