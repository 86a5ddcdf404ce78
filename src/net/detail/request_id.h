#pragma once

#include <string>

namespace gyre::net::detail {

/// A new request id in a UUID's form, without a system call.
[[nodiscard]] std::string NewRequestId();

}  // namespace gyre::net::detail
