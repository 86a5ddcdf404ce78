#pragma once

#include <functional>
#include <iosfwd>
#include <optional>
#include <string>

#include "cli/cli.h"
#include "core/clock.h"
#include "core/file_system.h"

namespace gyre::cli::detail {

/// What a command gets of the world, so that tests can give it another.
struct Session {
    std::ostream& out;
    std::ostream& err;
    bool out_is_terminal = false;
    bool err_is_terminal = false;
    bool colour = false;  ///< on `out`; never where it is no terminal
    size_t width = 80;    ///< of the terminal, in columns
    core::FileSystem& files;
    const core::Clock& clock;
    std::function<std::optional<std::string>(const std::string& name)> environment;
    std::function<void(core::milliseconds)> pause;
    ServeFunction serve;

    /// A variable that is set and not empty, else `otherwise`.
    [[nodiscard]] std::string Variable(const std::string& name,
                                       const std::string& otherwise = "") const;
};

}  // namespace gyre::cli::detail
