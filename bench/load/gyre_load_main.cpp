// gyre-load: HTTP load on one server of this machine, closed or open loop; a JSON report on stdout.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>

#include "core/file_system.h"
#include "core/json.h"
#include "load/load_run.h"

namespace {

using namespace gyre;

std::chrono::nanoseconds Seconds(double seconds) {
    return std::chrono::nanoseconds(static_cast<int64_t>(seconds * 1e9));
}

std::string Environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

// What is not yet in its final form.
struct Arguments {
    std::string target;
    std::vector<std::string> body_files;
    std::vector<std::string> headers;
    std::string text_body;
    std::string sign;
    double warm_up = 1;
    double seconds = 5;
    double drain = 5;
    double good_within_ms = 0;
};

void Describe(CLI::App& app, Arguments& arguments, load::LoadOptions& options) {
    app.add_option("--target", arguments.target, "ADDR:PORT, loopback")->required();
    app.add_option("--path", options.path, "path and query");
    app.add_option("--method", options.method);
    app.add_option("--content-type", options.content_type);
    app.add_option("--header", arguments.headers, "'Name: value', repeated");
    app.add_option("--body", arguments.body_files, "files, sent in turn");
    app.add_option("--text", arguments.text_body, "the body, where there is no file");
    app.add_option("--sign", arguments.sign,
                   "sign for this AWS service ('sagemaker') with AWS_ACCESS_KEY_ID and "
                   "AWS_SECRET_ACCESS_KEY; absent: unsigned");
    app.add_option("--clients", options.clients, "closed loop: connections");
    app.add_option("--rate", options.rate, "open loop: mean of Poisson arrivals, requests/s");
    app.add_option("--max-connections", options.max_connections, "open loop");
    app.add_option("--seed", options.seed, "of the arrivals");
    app.add_option("--warm-up", arguments.warm_up, "seconds");
    app.add_option("--seconds", arguments.seconds, "the measured window");
    app.add_option("--drain", arguments.drain, "open loop: seconds for the last answers");
    app.add_option("--good-within-ms", arguments.good_within_ms,
                   "a right answer counts as good within this time");
    app.add_option("--check", options.check, "none, first or length")
        ->transform(CLI::CheckedTransformer(
            std::map<std::string, load::Check>{{"none", load::Check::kNone},
                                               {"first", load::Check::kFirst},
                                               {"length", load::Check::kLength}}));
    app.add_option("--expect-prefix", options.expect_prefix, "how right answers begin");
}

core::Status Complete(const Arguments& arguments, load::LoadOptions& options) {
    const size_t colon = arguments.target.rfind(':');
    if (colon == std::string::npos) {
        return core::Fail(core::Code::kInvalidArgument, "--target wants ADDR:PORT");
    }
    options.address = arguments.target.substr(0, colon);
    options.port = static_cast<uint16_t>(std::atoi(arguments.target.c_str() + colon + 1));
    for (const std::string& line : arguments.headers) {
        const size_t split = line.find(": ");
        if (split == std::string::npos) {
            return core::Fail(core::Code::kInvalidArgument, "--header wants 'Name: value'");
        }
        options.headers.emplace_back(line.substr(0, split), line.substr(split + 2));
    }
    for (const std::string& file : arguments.body_files) {
        GYRE_ASSIGN(std::string body, core::ReadFile(core::RealFileSystem(), file));
        options.bodies.push_back(std::move(body));
    }
    if (options.bodies.empty()) options.bodies.push_back(arguments.text_body);
    if (!arguments.sign.empty()) {
        access::SigningIdentity identity;
        identity.access_key_id = Environment("AWS_ACCESS_KEY_ID");
        identity.secret = Environment("AWS_SECRET_ACCESS_KEY");
        identity.service = arguments.sign;
        if (identity.secret.empty()) {
            return core::Fail(core::Code::kInvalidArgument,
                              "--sign wants AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
        }
        options.identity = identity;
    }
    options.warm_up = Seconds(arguments.warm_up);
    options.duration = Seconds(arguments.seconds);
    options.drain = Seconds(arguments.drain);
    options.good_within = Seconds(arguments.good_within_ms / 1e3);
    return {};
}

core::Result<core::JsonObject> RunLoad(const Arguments& arguments, load::LoadOptions& options) {
    GYRE_TRY(Complete(arguments, options));
    GYRE_ASSIGN(const auto run, load::LoadRun::Make(options));
    return run->Run();
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("HTTP load on a server of this machine; prints a JSON report.");
    Arguments arguments;
    load::LoadOptions options;
    Describe(app, arguments, options);
    CLI11_PARSE(app, argc, argv);
    const auto report = RunLoad(arguments, options);
    if (!report) {
        std::fprintf(stderr, "gyre-load: %s\n", report.error().message.c_str());
        return 1;
    }
    std::printf("%s\n", core::JsonText(*report).c_str());
    return 0;
}
