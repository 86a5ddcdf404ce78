#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "net/http_message.h"

namespace gyre::net::detail {

/// What both sides of a WebSocket have agreed on about permessage-deflate (RFC 7692). Each message
/// stands by itself in both directions, so that an idle connection holds no window.
struct DeflateAgreement {
    int window_bits = 15;  ///< of what the server sends
    std::string answer;    ///< the value of Sec-WebSocket-Extensions
};

/// The first of the client's offers that can be taken; nullopt where there is none.
[[nodiscard]] std::optional<DeflateAgreement> AgreeOnDeflate(const Headers& headers);

/// A message's payload as a frame with RSV1 carries it.
[[nodiscard]] std::string DeflateMessage(std::string_view message, int window_bits);

enum class InflateOutcome : uint8_t { kWhole, kBroken, kTooLarge };
/// Unpacks a message of at most `limit` bytes, in its place.
[[nodiscard]] InflateOutcome InflateMessage(std::string& message, size_t limit);

}  // namespace gyre::net::detail
