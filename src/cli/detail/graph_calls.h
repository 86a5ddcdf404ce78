#pragma once

#include <string>
#include <vector>

#include "cli/detail/platform.h"
#include "cli/detail/progress.h"
#include "cli/detail/session.h"
#include "core/json.h"
#include "core/result.h"

namespace gyre::cli::detail {

/// What `gyre graph` was asked for.
struct GraphOptions {
    ConnectionOptions connection;
    std::string action;
    std::vector<std::string> arguments;
    std::string bucket = "gyre-graph";
    std::string format;  ///< "": as the files are named
    std::string graph = "g";
    bool go_on = false;
    bool resume = false;
    bool replace = false;
};

/// A request of Neptune's data API, or of what stands beside it. Errors: what the API says.
[[nodiscard]] core::Result<core::Json> AskGraph(const Platform& platform, const std::string& method,
                                                const std::string& target,
                                                const std::string& body = "");

[[nodiscard]] core::Status LoadFiles(Session& session, const GraphOptions& options);
/// Makes the graphs of TinkerPop's conformance suites from their published GraphSON files.
[[nodiscard]] core::Status MakeFixtures(Session& session, const GraphOptions& options);
[[nodiscard]] core::Status BackUp(Session& session, const GraphOptions& options);
[[nodiscard]] core::Status RestoreGraph(Session& session, const GraphOptions& options);

}  // namespace gyre::cli::detail
