#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "core/result.h"

namespace gyre::serving {

/// What stands behind a container image's URI.
struct Runtime {
    /// Empty: Gyre's own runtimes serve the model. Else a program with its arguments.
    std::vector<std::string> command;
    std::string directory;  ///< the program's working directory; "" for the model's
};

/// The stock PyTorch images of AWS (and "gyre/…") are Gyre's own runtimes; others are looked up in
/// `images`, the table serving.images of the configuration: URI (a trailing * matches any end) →
/// program, list of program and arguments, or directory with an executable `serve`. Errors:
/// kInvalidArgument, naming the configuration's key.
[[nodiscard]] core::Result<Runtime> ResolveImage(std::string_view uri, const core::Json& images);

}  // namespace gyre::serving
