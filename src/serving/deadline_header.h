#pragma once

#include <cstdint>

#include "core/clock.h"
#include "core/result.h"
#include "net/http_message.h"

namespace gyre::serving {

/// The header x-gyre-deadline-ms, in µs from the request's arrival; 0 where it is absent. Errors:
/// ValidationError, for anything but a number from 1 ms to a day.
[[nodiscard]] core::Result<uint64_t> DeadlineIn(const net::Headers& headers);

/// From `from` to `to`, in µs; 0 where `to` is before.
[[nodiscard]] uint64_t MicrosecondsBetween(core::SteadyTime from, core::SteadyTime to);

/// What of `deadline_us` is left `waited_us` after the arrival, as a host wants it: 0 for none, and
/// 1 for one that has passed, which the host counts and refuses.
[[nodiscard]] uint64_t DeadlineLeft(uint64_t deadline_us, uint64_t waited_us);

}  // namespace gyre::serving
