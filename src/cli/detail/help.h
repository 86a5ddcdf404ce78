#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace gyre::cli::detail {

/// What `--help` prints for the command line as a whole, or for one command.
[[nodiscard]] std::string HelpText(const CLI::App& app);

/// The nearest of `known` where it is near enough to be what was meant; "" otherwise.
[[nodiscard]] std::string NearestOf(const std::string& word, const std::vector<std::string>& known);

}  // namespace gyre::cli::detail
