#pragma once

#include <map>
#include <optional>
#include <sstream>

#include "cli/detail/command.h"

namespace gyre::cli::detail {

/// A world of a test's own: its variables, a clock that moves when a command waits, and what was
/// printed by the last Run.
struct TestSession {
    std::ostringstream out;
    std::ostringstream err;
    core::FakeClock clock;
    std::map<std::string, std::string> variables;
    std::optional<ServeArguments> served;
    int serve_code = 0;
    Session session{.out = out, .err = err, .files = core::RealFileSystem(), .clock = clock};

    TestSession() {
        session.environment = [this](const std::string& name) -> std::optional<std::string> {
            const auto found = variables.find(name);
            return found == variables.end() ? std::nullopt : std::optional(found->second);
        };
        session.pause = [this](core::milliseconds time) { clock.Advance(time); };
        session.serve = [this](const ServeArguments& arguments) {
            served = arguments;
            return serve_code;
        };
    }

    int Run(const std::vector<std::string>& arguments) {
        out.str("");
        err.str("");
        return RunCommand(session, arguments);
    }
    [[nodiscard]] std::string Out() const { return out.str(); }
    [[nodiscard]] std::string Err() const { return err.str(); }
};

}  // namespace gyre::cli::detail
