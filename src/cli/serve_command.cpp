#include <memory>

#include "cli/detail/command.h"

namespace gyre::cli::detail {

void AddServe(CLI::App& app, Session& session, Chosen& chosen) {
    CLI::App& command = *app.add_subcommand("serve", "Run the platform on this machine");
    const auto arguments = std::make_shared<ServeArguments>();
    arguments->data = session.Variable("GYRE_DATA", "data");
    command
        .add_option("--data", arguments->data,
                    "Folder that holds everything; made when absent [GYRE_DATA or ./data]")
        ->type_name("DIR");
    command
        .add_option("--listen", arguments->listen,
                    "Where to answer; port 0 picks a free one [127.0.0.1:8080]")
        ->type_name("ADDR:PORT");
    command.add_option("--config", arguments->config, "Settings (docs/configuration.md)")
        ->type_name("FILE");
    command.callback([&session, &chosen, arguments] {
        chosen.action = [&session, arguments] { return session.serve(*arguments); };
    });
}

}  // namespace gyre::cli::detail
