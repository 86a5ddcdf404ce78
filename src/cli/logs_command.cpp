#include <memory>
#include <ostream>

#include "cli/detail/command.h"
#include "cli/detail/log_tail.h"
#include "cli/detail/table.h"

namespace gyre::cli::detail {
namespace {

constexpr core::milliseconds kPollEvery{500};

struct LogsOptions {
    ConnectionOptions connection;
    std::string endpoint;
    bool follow = false;
    int lines = 100;
};

void Print(Session& session, const LogsOptions& options, const std::vector<LogLine>& lines) {
    for (const LogLine& line : lines) {
        const std::string time = core::Iso8601(core::WallTime(core::milliseconds(line.time_ms)));
        if (options.connection.json) {
            session.out << core::JsonText(core::JsonObject{{"time", time},
                                                           {"endpoint", line.endpoint},
                                                           {"stream", line.stream},
                                                           {"message", line.message}})
                        << '\n';
            continue;
        }
        constexpr size_t kDate = 11;  // "2026-11-25T"
        std::string from = session.out_is_terminal ? time.substr(kDate) : time;
        if (options.endpoint.empty()) from += " " + line.endpoint;
        from += " " + line.stream;
        session.out << Paint(from, Colour::kDim, session.colour)
                    << (session.out_is_terminal ? "  " : "\t") << line.message << '\n';
    }
    session.out.flush();
}

core::Status PrintLogs(Session& session, const LogsOptions& options) {
    GYRE_ASSIGN(const Platform platform, Platform::Find(session, options.connection));
    LogTail tail(platform, options.endpoint, options.lines);
    GYRE_ASSIGN(const std::vector<LogLine> lines, tail.Read());
    if (lines.empty() && !options.endpoint.empty()) {
        // Nothing printed yet, or no such endpoint?
        GYRE_TRY(platform.DescribeEndpoint(options.endpoint));
    }
    if (lines.empty() && !options.follow) session.err << "nothing has been printed yet\n";
    Print(session, options, lines);
    while (options.follow && session.out.good()) {
        session.pause(kPollEvery);
        GYRE_ASSIGN(const std::vector<LogLine> more, tail.Read());
        Print(session, options, more);
    }
    return {};
}

}  // namespace

void AddLogs(Commands& commands) {
    CLI::App& command = commands.Add(
        "logs", "Print what models and their handlers print",
        "Each line has its time (UTC), the endpoint where none was named, and the stream (variant\n"
        "and instance); --json makes an object of each.\n\n"
        "Examples:\n"
        "  gyre logs my-model\n"
        "  gyre logs -f                          all endpoints, until Ctrl-C\n"
        "  gyre logs my-model -n 1000 | grep Error\n"
        "  gyre logs my-model --json | jq -r .message");
    const auto options = std::make_shared<LogsOptions>();
    command.add_option("ENDPOINT", options->endpoint, "Only this one's");
    command.add_flag("-f,--follow", options->follow, "Go on with what comes, until Ctrl-C");
    command.add_option("-n,--lines", options->lines, "Last lines to begin with [100]")
        ->type_name("N")
        ->check(CLI::Range(1, 1'000'000).description(""));
    commands.AddConnection(command, options->connection);
    commands.Does(command,
                  [&session = commands.session, options] { return PrintLogs(session, *options); });
}

}  // namespace gyre::cli::detail
