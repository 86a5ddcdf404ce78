#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace gyre::graph {

/// The zones of the system's tz database (/usr/share/zoneinfo, RFC 8536), read once each.
/// Thread-safe.

/// Seconds east of Greenwich at an instant, in seconds since 1970. Nullopt for an unknown zone.
[[nodiscard]] std::optional<int32_t> OffsetAt(const std::string& zone, int64_t instant);

/// Likewise at a local time, in seconds since 1970 as if it were UTC. Of the two offsets of an hour
/// that comes twice, the earlier; in an hour that is left out, the one before it.
[[nodiscard]] std::optional<int32_t> OffsetAtLocal(const std::string& zone, int64_t local);

}  // namespace gyre::graph
