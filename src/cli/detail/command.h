#pragma once

#include <CLI/CLI.hpp>

#include <functional>
#include <string>
#include <vector>

#include "cli/detail/connection.h"
#include "cli/detail/session.h"
#include "core/json.h"
#include "core/result.h"

namespace gyre::cli::detail {

/// The commands and the one that was named: parsing comes first, then doing.
struct Commands {
    CLI::App& app;
    Session& session;
    std::function<int()> action;

    /// A command with its examples, each a line of the help text.
    CLI::App& Add(const std::string& name, const std::string& does, const std::string& examples);
    /// --url, --data, --region and --json.
    void AddConnection(CLI::App& command, ConnectionOptions& options);
    /// Makes `command` do `work`, whose error is printed.
    void Does(CLI::App& command, std::function<core::Status()> work);
};

/// Runs `arguments` (without the program's name) as Run does.
[[nodiscard]] int RunCommand(Session& session, const std::vector<std::string>& arguments);

void PrintJson(Session& session, const core::Json& json);

void AddServe(Commands& commands);
void AddEnv(Commands& commands);
void AddStatus(Commands& commands);
void AddEndpoints(Commands& commands);
void AddModels(Commands& commands);
void AddDeploy(Commands& commands);
void AddInvoke(Commands& commands);
void AddTransform(Commands& commands);
void AddTransforms(Commands& commands);
void AddLogs(Commands& commands);
void AddGraph(Commands& commands);
void AddDelete(Commands& commands);

}  // namespace gyre::cli::detail
