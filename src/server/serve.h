#pragma once

#include "cli/cli.h"

namespace gyre::server {

/// `gyre serve`: starts the platform, prints "gyre ready URL" on stdout, and stops at SIGTERM or
/// SIGINT (a second one ends it at once). Returns the exit code: 0 after an orderly stop, 1 with a
/// reason on stderr when it could not start. Called before the program has any other thread.
[[nodiscard]] int Serve(const cli::ServeArguments& arguments);

}  // namespace gyre::server
