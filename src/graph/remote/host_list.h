#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "graph/remote/web_address.h"

namespace gyre::graph::remote {

/// The servers that queries may have this one ask (graph.remote_hosts): a pure policy. Nobody who
/// may only write queries reaches another host, port or network through the server.
class HostList {
  public:
    /// Entries are "HOST" (its ports 80 and 443), "HOST:PORT", "HOST:*" for any port, "*.DOMAIN"
    /// for all names below one, and likewise addresses ("127.0.0.1:8182", "[::1]:8182").
    /// `private_too`: names may lead to addresses that are not of the public internet. Errors:
    /// kInvalidArgument for what is none of these.
    [[nodiscard]] static core::Result<HostList> Parse(const std::vector<std::string>& entries,
                                                      bool private_too);
    HostList() = default;

    /// Errors: kPermissionDenied, naming the key that would allow it.
    [[nodiscard]] core::Status Allows(const WebAddress& address) const;
    /// Whether a host of the list may be asked at that numeric address. One that is listed as an
    /// address, or is "localhost", is meant as it stands; a name that leads to a private address
    /// may be a trap of who owns the name.
    [[nodiscard]] bool MayConnect(const WebAddress& address, const std::string& ip) const;

  private:
    struct Entry {
        std::string host;  ///< or what a name ends in, where `below`
        bool below = false;
        bool any_port = false;
        std::optional<uint16_t> port;  ///< none: the schemes' own
    };
    std::vector<Entry> entries_;
    bool private_too_ = false;
};

}  // namespace gyre::graph::remote
