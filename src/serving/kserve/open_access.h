#pragma once

#include <string>
#include <string_view>

#include "net/http_message.h"

namespace gyre::serving::kserve {

/// Whether a request shows it: "Authorization: Bearer TOKEN". An empty token is shown by nobody.
[[nodiscard]] bool ShowsToken(const net::Headers& headers, std::string_view token);

/// Who may use a face whose clients do not sign: on this machine everybody, where that is wished
/// for, and else who shows the token ("Authorization: Bearer TOKEN").
struct OpenAccess {
    std::string token;
    bool open_on_loopback = true;

    /// A request counts as this machine's own when its peer is the loopback and nothing says that
    /// it is made for somebody else: a proxy here would name its client (X-Forwarded-For,
    /// Forwarded), and a browser the page that asks (Origin).
    [[nodiscard]] bool Permits(const net::RequestHead& head) const;
};

}  // namespace gyre::serving::kserve
