#include "cli/detail/command.h"

#include <algorithm>
#include <ostream>

#include "cli/detail/help.h"

namespace gyre::cli::detail {
namespace {

int WrongLine(Session& session, const std::string& message) {
    std::string line = message;
    std::ranges::replace(line, '\n', ' ');
    session.err << "gyre: " << line << std::endl;
    return 2;
}

std::vector<std::string> NamesOf(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::App* command : app.get_subcommands(nullptr)) {
        names.push_back(command->get_name());
    }
    return names;
}

std::string OptionsNear(const CLI::App& command, const std::string& word) {
    std::vector<std::string> known;
    for (const CLI::Option* option : command.get_options()) {
        for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
    }
    return NearestOf(word.substr(0, word.find('=')), known);
}

// CLI11's words, with what was probably meant and where to read on.
std::string Explain(const CLI::App& app, const CLI::ParseError& error) {
    const auto parsed = app.get_subcommands();
    std::string name = parsed.empty() ? "gyre" : "gyre " + parsed.back()->get_name();
    std::string text = error.what();
    if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr && !parsed.empty()) {
        const std::vector<std::string> extra = parsed.back()->remaining();
        if (!extra.empty()) {
            const bool option = extra.front().starts_with('-');
            const std::string near = option ? OptionsNear(*parsed.back(), extra.front()) : "";
            text = name + " takes no " + (option ? "option " : "argument ") + extra.front();
            if (!near.empty()) text += "; did you mean " + near + "?";
        }
    }
    return text + "; see `" + name + " --help`";
}

// `gyre help X` is `gyre X --help`; what is no command is told apart here, for a better word.
core::Result<std::vector<std::string>> Understand(const CLI::App& app,
                                                  std::vector<std::string> words) {
    if (!words.empty() && words.front() == "help") {
        words.erase(words.begin());
        words.emplace_back("--help");
    }
    const std::string first = words.empty() ? "" : words.front();
    const std::vector<std::string> names = NamesOf(app);
    if (first == "-h" || first == "--help" || first == "--version" ||
        std::ranges::find(names, first) != names.end()) {
        return words;
    }
    if (first.starts_with('-')) {
        return core::Fail(core::Code::kInvalidArgument,
                          "a command comes before its options, as in `gyre status " + first +
                              "`; see `gyre --help`");
    }
    const std::string near = NearestOf(first, names);
    return core::Fail(core::Code::kInvalidArgument,
                      "there is no command " + first +
                          (near.empty() ? "" : "; did you mean " + near + "?") +
                          "; see `gyre --help`");
}

}  // namespace

CLI::App& Commands::Add(const std::string& name, const std::string& does,
                        const std::string& examples) {
    CLI::App& command = *app.add_subcommand(name, does);
    command.footer(examples);
    command.set_help_flag("-h,--help", "Print this");
    return command;
}

void Commands::AddConnection(CLI::App& command, ConnectionOptions& options) {
    command
        .add_option("--url,--endpoint-url", options.url,
                    "Where the platform answers [GYRE_URL, AWS_ENDPOINT_URL, or as DIR says]")
        ->type_name("URL");
    command
        .add_option("--data", options.data,
                    "The platform's folder: its address and keys are there [GYRE_DATA or ./data]")
        ->type_name("DIR");
    command.add_option("--region", options.region, "AWS region to name [AWS_REGION or us-east-1]")
        ->type_name("NAME");
    command.add_flag("--json", options.json, "Print JSON");
}

void Commands::Does(CLI::App& command, std::function<core::Status()> work) {
    command.callback([this, work = std::move(work)] {
        action = [this, work] {
            const core::Status done = work();
            if (done) return 0;
            std::string line = done.error().message;
            std::ranges::replace(line, '\n', ' ');
            session.err << "gyre: " << line << std::endl;
            return 1;
        };
    });
}

void PrintJson(Session& session, const core::Json& json) {
    session.out << core::JsonPretty(json) << '\n';
}

int RunCommand(Session& session, const std::vector<std::string>& arguments) {
    CLI::App app("A self-hosted machine-learning platform that speaks the AWS APIs", "gyre");
    app.set_help_flag("-h,--help", "Print this");
    app.set_version_flag("--version", "gyre " GYRE_VERSION, "Print the version");
    app.footer(
        "Start here:\n"
        "  gyre serve                        run it; what it keeps goes to ./data\n"
        "  gyre deploy my-model model.onnx   in another terminal\n"
        "  eval \"$(gyre env)\"                point boto3, AWS CLI and SageMaker SDK here\n"
        "`gyre COMMAND --help` shows a command's options and examples.\n\n"
        "Environment:\n"
        "  GYRE_DATA              the platform's folder, where --data does not say it [./data]\n"
        "  GYRE_URL               where the platform answers; else AWS_ENDPOINT_URL, else as the\n"
        "                         folder says\n"
        "  AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN\n"
        "                         whose keys to use where the address is not the folder's\n"
        "  GYRE_ACCESS_KEY_ID, GYRE_SECRET_ACCESS_KEY\n"
        "                         the root user's keys, instead of those in DIR/credentials\n"
        "  NO_COLOR               no colour, whatever its value\n\n"
        "Exit codes: 0 done, 1 it could not be done, 2 the command line is wrong.");
    Commands commands{app, session, {}};
    AddServe(commands);
    AddEnv(commands);
    AddStatus(commands);
    AddDeploy(commands);
    AddInvoke(commands);
    AddEndpoints(commands);
    AddModels(commands);
    AddTransform(commands);
    AddTransforms(commands);
    AddLogs(commands);
    AddGraph(commands);
    AddDelete(commands);
    if (arguments.empty()) {
        session.err << HelpText(app);
        return 2;
    }
    const auto words = Understand(app, arguments);
    if (!words) return WrongLine(session, words.error().message);
    try {
        app.parse(std::vector<std::string>(words->rbegin(), words->rend()));
    } catch (const CLI::CallForHelp&) {
        const auto parsed = app.get_subcommands();
        session.out << HelpText(parsed.empty() ? app : *parsed.back());
        return 0;
    } catch (const CLI::CallForVersion& version) {
        session.out << version.what() << '\n';
        return 0;
    } catch (const CLI::ParseError& error) {
        return WrongLine(session, Explain(app, error));
    }
    const int code = commands.action();
    session.out.flush();
    if (session.out.good()) return code;
    session.err << "gyre: standard output could not be written" << std::endl;
    return 1;
}

}  // namespace gyre::cli::detail
