#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <thread>

#include "cli/detail/command.h"

namespace gyre::cli {
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
