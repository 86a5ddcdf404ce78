#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <thread>

#include "cli/detail/command.h"

namespace gyre::cli {
namespace detail {

int Failed(Session& session, const core::Error& error) {
    session.err << "gyre: " << error.message << std::endl;
    return 1;
}

void Does(CLI::App& command, Session& session, Chosen& chosen,
          std::function<core::Status()> action) {
    command.callback([&session, &chosen, action = std::move(action)] {
        chosen.action = [&session, action] {
            const core::Status done = action();
            return done ? 0 : Failed(session, done.error());
        };
    });
}

int RunCommand(Session& session, const std::vector<std::string>& arguments) {
    CLI::App app("A machine-learning platform that speaks the AWS APIs.", "gyre");
    Chosen chosen;
    app.set_version_flag("--version", "gyre " GYRE_VERSION);
    app.require_subcommand(1);
    AddServe(app, session, chosen);
    try {
        app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
    } catch (const CLI::CallForHelp&) {
        session.out << app.help();
        return 0;
    } catch (const CLI::CallForVersion& version) {
        session.out << version.what() << '\n';
        return 0;
    } catch (const CLI::ParseError& error) {
        session.err << "gyre: " << error.what() << std::endl;
        return 2;
    }
    return chosen.action();
}

}  // namespace detail

namespace {

size_t TerminalWidth() {
    winsize size{};
    return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

}  // namespace

int Run(int argc, char** argv, ServeFunction serve) {
    detail::Session session{.out = std::cout,
                            .err = std::cerr,
                            .files = core::RealFileSystem(),
                            .clock = core::SystemClock()};
    session.environment = [](const std::string& name) -> std::optional<std::string> {
        const char* value = std::getenv(name.c_str());
        return value == nullptr ? std::nullopt : std::optional<std::string>(value);
    };
    session.out_is_terminal = ::isatty(STDOUT_FILENO) != 0;
    session.err_is_terminal = ::isatty(STDERR_FILENO) != 0;
    session.colour = session.out_is_terminal && session.Variable("NO_COLOR").empty() &&
                     session.Variable("TERM") != "dumb";
    session.width = TerminalWidth();
    session.pause = [](core::milliseconds time) { std::this_thread::sleep_for(time); };
    session.serve = std::move(serve);
    return detail::RunCommand(session, {argv + std::min(argc, 1), argv + argc});
}

}  // namespace gyre::cli
