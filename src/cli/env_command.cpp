#include <memory>
#include <ostream>

#include "cli/detail/authority.h"
#include "cli/detail/command.h"
#include "cli/detail/env_text.h"

namespace gyre::cli::detail {
namespace {

struct EnvOptions {
    ConnectionOptions connection;
    std::string format = "sh";
};

core::Status PrintEnv(Session& session, const EnvOptions& options) {
    GYRE_ASSIGN(Connection connection,
                FindConnection(session, options.connection, Prefer::kFolder));
    if (!connection.of_folder && connection.url.starts_with("http://")) {
        connection.authority = FetchAuthority(session, connection);
    }
    const std::string format = options.connection.json ? "json" : options.format;
    Variables variables = ClientVariables(connection);
    // Python takes it for the one above, and before it.
    if (!session.Variable("https_proxy").empty()) variables.emplace_back("https_proxy", "");
    GYRE_ASSIGN(const std::string text, EnvText(variables, format));
    session.out << text;
    if (session.out_is_terminal && format == "sh") {
        session.out << "# To use it in this shell: eval \"$(gyre env)\"\n";
    }
    return {};
}

}  // namespace

void AddEnv(Commands& commands) {
    CLI::App& command = commands.Add(
        "env", "Print what points boto3, the AWS CLI and the SageMaker SDK at the platform",
        "AWS_ENDPOINT_URL names the platform to whatever asks there. HTTPS_PROXY, AWS_CA_BUNDLE "
        "and "
        "REQUESTS_CA_BUNDLE have the platform answer AWS's own host names too, which some programs "
        "ask whatever the URL is (the SageMaker SDKs ask STS); this proxy leads nowhere else. The "
        "keys are those of DIR/credentials, the root user's.\n\n"
        "Examples:\n"
        "  gyre env                          as exports; eval \"$(gyre env)\" for this shell and "
        "what it starts\n"
        "  gyre env --format fish | source\n"
        "  gyre env --format dotenv > .env\n"
        "  gyre env --json | jq -r .AWS_ENDPOINT_URL");
    const auto options = std::make_shared<EnvOptions>();
    command.add_option("--format", options->format, "sh, fish, dotenv or json [sh]")
        ->type_name("NAME")
        ->check(CLI::IsMember({"sh", "fish", "dotenv", "json"}).description(""));
    commands.AddConnection(command, options->connection);
    commands.Does(command,
                  [&session = commands.session, options] { return PrintEnv(session, *options); });
}

}  // namespace gyre::cli::detail
