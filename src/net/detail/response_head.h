#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "net/http_message.h"

namespace gyre::net::detail {

struct ResponseFraming {
    std::optional<uint64_t> length;  ///< Content-Length to send
    bool chunked = false;
    bool close = false;
    bool http10 = false;       ///< the peer has to be told that the connection stays
    bool keep_length = false;  ///< the response's own Content-Length goes out (HEAD, 304)
};

/// Whether an answer of this status has no body, whatever the handler gave.
[[nodiscard]] inline bool BodilessStatus(int status) {
    return status < 200 || status == 204 || status == 304;
}

/// Appends status line, the server's own fields and `headers`, and the empty line. Bytes that would
/// end a field early are replaced by spaces.
void AppendResponseHead(std::string& out, int status, const Headers& headers,
                        const ResponseFraming& framing);

}  // namespace gyre::net::detail
