#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "net/http_message.h"

namespace gyre::net::detail {

/// How long a message's body is and what becomes of the connection after it.
struct Framing {
    bool keep_alive = true;
    bool http10 = false;
    bool chunked = false;
    bool expect_continue = false;
    std::optional<uint64_t> length;
};

/// Why a head is refused, as the status of the answer.
struct HeadError {
    int status = 400;
    std::string message;
};

/// The size of the head at the start of `input`, with its empty line; 0 when it is not whole yet.
/// `scanned` is what earlier calls have seen, and starts at 0.
[[nodiscard]] size_t HeadSize(std::string_view input, size_t& scanned);

/// Parses a whole request head (RFC 9112, and strictly so: lines end with CRLF, no folding, one
/// Host, one length). Fills method, target, path, query and headers.
[[nodiscard]] tl::expected<Framing, HeadError> ParseRequestHead(std::string_view text,
                                                                RequestHead& into);

/// Parses a whole response head. Bodies of 1xx, 204 and 304 have length 0.
[[nodiscard]] tl::expected<Framing, HeadError> ParseResponseHead(std::string_view text,
                                                                 ResponseHead& into);

}  // namespace gyre::net::detail
