#pragma once

#include <string>

#include "cli/detail/connection.h"
#include "cli/detail/session.h"

namespace gyre::cli::detail {

/// Where the folder of a platform that answers http is not at hand: asks it for its authority's
/// certificate and keeps it below $XDG_CACHE_HOME or ~/.cache. The file, or "" when there is none
/// to be had; then a line on stderr says why.
[[nodiscard]] std::string FetchAuthority(Session& session, const Connection& connection);

}  // namespace gyre::cli::detail
