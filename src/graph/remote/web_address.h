#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.h"

namespace gyre::graph::remote {

/// An http or https IRI, taken apart.
struct WebAddress {
    bool secure = false;
    std::string host;  ///< lower case; IPv6 addresses without brackets
    uint16_t port = 80;
    std::string target = "/";  ///< path and query, encoded

    /// "host:port", as HttpClient has it.
    [[nodiscard]] std::string Place() const;
    /// What a request's Host says: without the scheme's own port.
    [[nodiscard]] std::string HostField() const;
};

/// Errors: kInvalidArgument for other schemes, for user names in front of hosts, and for what is no
/// IRI.
[[nodiscard]] core::Result<WebAddress> ParseWebAddress(std::string_view iri);

}  // namespace gyre::graph::remote
