#include <memory>

#include "cli/detail/command.h"

namespace gyre::cli::detail {

void AddServe(Commands& commands) {
    CLI::App& command = commands.Add(
        "serve", "Run the platform on this machine until Ctrl-C or SIGTERM",
        "When it answers, stdout gets one line, `gyre ready URL`; logs go to stderr. Everything\n"
        "that it keeps is in DIR; the root user's keys are in DIR/credentials.\n\n"
        "Examples:\n"
        "  gyre serve\n"
        "  gyre serve --data /var/lib/gyre --listen 0.0.0.0:8080 --config /etc/gyre.toml\n"
        "  gyre serve --data \"$(mktemp -d)\" --listen 127.0.0.1:0    a throw-away platform");
    const auto arguments = std::make_shared<ServeArguments>();
    arguments->data = commands.session.Variable("GYRE_DATA", "data");
    command
        .add_option("--data", arguments->data,
                    "Folder that holds everything; made when absent [GYRE_DATA or ./data]")
        ->type_name("DIR");
    command
        .add_option("--listen", arguments->listen,
                    "Where to answer; port 0 picks a free one [127.0.0.1:8080]")
        ->type_name("ADDR:PORT");
    command.add_option("--config", arguments->config, "Settings in TOML (docs/configuration.md)")
        ->type_name("FILE");
    command.callback([&commands, arguments] {
        commands.action = [&commands, arguments] { return commands.session.serve(*arguments); };
    });
}

}  // namespace gyre::cli::detail
