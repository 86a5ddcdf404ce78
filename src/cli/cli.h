#pragma once

#include <functional>
#include <string>

namespace gyre::cli {

/// What `gyre serve` was asked for.
struct ServeArguments {
    std::string data;    ///< the folder: --data, else GYRE_DATA, else "data"
    std::string listen;  ///< ADDR:PORT; "" for what the configuration says
    std::string config;  ///< a TOML file; "" for none
};

/// Runs the platform until it is told to stop; returns the exit code.
using ServeFunction = std::function<int(const ServeArguments&)>;

/// Runs the command line of `gyre`; `serve` is what its command of that name does. Returns the
/// exit code: 0 done, 1 it could not be done, 2 the command line is wrong. Errors are one line on
/// stderr.
[[nodiscard]] int Run(int argc, char** argv, ServeFunction serve);

}  // namespace gyre::cli
