#pragma once

#include <CLI/CLI.hpp>

#include <functional>
#include <string>
#include <vector>

#include "cli/detail/session.h"
#include "core/result.h"

namespace gyre::cli::detail {

/// Which command the command line named, and what it does: parsing first, then doing.
struct Chosen {
    std::function<int()> action;
};

/// Runs `arguments` (without the program's name) as Run does.
[[nodiscard]] int RunCommand(Session& session, const std::vector<std::string>& arguments);

/// Prints the one line of an error; returns 1.
int Failed(Session& session, const core::Error& error);

/// Makes `command` do `action`, whose error is printed.
void Does(CLI::App& command, Session& session, Chosen& chosen,
          std::function<core::Status()> action);

void AddServe(CLI::App& app, Session& session, Chosen& chosen);

}  // namespace gyre::cli::detail
