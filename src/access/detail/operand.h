#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/clock.h"

namespace gyre::access::detail {

/// Readers of what stands on either side of a policy's condition; nullopt for anything else.
[[nodiscard]] std::optional<double> ReadNumber(std::string_view text);
/// "2026-11-24", "2026-11-24T12:00:00Z" (also with fractions), or seconds since 1970.
[[nodiscard]] std::optional<core::WallTime> ReadDate(std::string_view text);
/// "true" or "false", in any case.
[[nodiscard]] std::optional<bool> ReadBool(std::string_view text);

/// An address or a network of it: "10.0.0.0/8", "::1".
struct IpNetwork {
    std::string bytes;  ///< 4 or 16
    int bits = 0;
};
[[nodiscard]] std::optional<IpNetwork> ReadNetwork(const std::string& text);
[[nodiscard]] bool Contains(const IpNetwork& network, const IpNetwork& address);

}  // namespace gyre::access::detail
