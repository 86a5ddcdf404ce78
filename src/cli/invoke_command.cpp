#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <ostream>

#include "cli/detail/command.h"
#include "cli/detail/content_type.h"
#include "cli/detail/platform.h"
#include "cli/detail/table.h"
#include "core/digest.h"

namespace gyre::cli::detail {
namespace {

using core::Code;
using core::JsonObject;

struct InvokeOptions {
    ConnectionOptions connection;
    std::string endpoint;
    std::string file;
    std::string body;
    std::string content_type;
    std::string accept = "application/json";
    std::string variant;
    std::string output;
    int timeout_s = 120;
    bool verbose = false;
};

core::Result<std::string> ReadStdin() {
    std::string body;
    char piece[64 * 1024];
    while (true) {
        const ssize_t got = ::read(STDIN_FILENO, piece, sizeof piece);
        if (got == 0) return body;
        if (got > 0) {
            body.append(piece, static_cast<size_t>(got));
        } else if (errno != EINTR) {
            return core::Fail(core::ErrnoError("standard input", errno));
        }
    }
}

core::Result<std::string> BodyOf(Session& session, const InvokeOptions& options) {
    if (!options.body.empty()) return options.body;
    if (!options.file.empty() && options.file != "-") {
        return core::ReadFile(session.files, options.file);
    }
    if (options.file.empty() && ::isatty(STDIN_FILENO) != 0) {
        return core::Fail(Code::kInvalidArgument,
                          "nothing to send: name a FILE, give --body TEXT, or pipe it in");
    }
    return ReadStdin();
}

// The container's own error, or why there was none.
core::Error ModelErrorOf(const Platform& platform, const net::Response& response,
                         const std::string& endpoint) {
    core::Error error = platform.ErrorOf(response);
    if (IsNotThere(error)) {
        error.message = "there is no endpoint " + endpoint + "; `gyre endpoints` lists them";
    }
    if (const auto json = core::ParseJson(response.body)) {
        if (const auto original = core::JsonString(*json, "OriginalMessage")) {
            const int64_t status = core::JsonInt(*json, "OriginalStatusCode").value_or(500);
            error.message = "the model answered " + std::to_string(status) + ": " +
                            std::string(*original) + " (more: `gyre logs " + endpoint + "`)";
        }
    }
    return error;
}

core::Status Print(Session& session, const InvokeOptions& options, const net::Response& response,
                   double milliseconds) {
    const std::string_view type = response.headers.Get("Content-Type");
    if (!options.output.empty()) {
        GYRE_ASSIGN(const auto file, session.files.Create(options.output));
        return file->Append(response.body);
    }
    if (options.connection.json) {
        const auto body = core::ParseJson(response.body);
        PrintJson(session,
                  JsonObject{{"contentType", type},
                             {"variant", response.headers.Get("x-Amzn-Invoked-Production-Variant")},
                             {"milliseconds", milliseconds},
                             {"body", body               ? *body
                                      : IsTextType(type) ? core::Json(response.body)
                                                         : core::Json(nullptr)},
                             {"base64", body || IsTextType(type)
                                            ? core::Json(nullptr)
                                            : core::Json(core::Base64Encode(response.body))}});
        return {};
    }
    if (session.out_is_terminal && !IsTextType(type)) {
        return core::Fail(Code::kFailedPrecondition,
                          "the answer is " + Size(response.body.size()) + " of " +
                              std::string(type) +
                              ", which is not for a terminal; use --output FILE or a pipe");
    }
    session.out << response.body;
    if (session.out_is_terminal && !response.body.ends_with('\n')) session.out << '\n';
    return {};
}

core::Status Invoke(Session& session, const InvokeOptions& options) {
    if (!options.body.empty() && !options.file.empty()) {
        return core::Fail(Code::kInvalidArgument, "give a FILE or --body, not both");
    }
    GYRE_ASSIGN(const Platform platform, Platform::Find(session, options.connection));
    net::ClientRequest request{
        .method = "POST",
        .target = "/endpoints/" + net::PercentEncode(options.endpoint) + "/invocations"};
    GYRE_ASSIGN(request.body, BodyOf(session, options));
    request.headers.Add("Content-Type", options.content_type.empty()
                                            ? ContentTypeOf(options.file, request.body)
                                            : options.content_type);
    request.headers.Add("Accept", options.accept);
    if (!options.variant.empty()) {
        request.headers.Add("X-Amzn-SageMaker-Target-Variant", options.variant);
    }
    const core::SteadyTime begun = session.clock.Now();
    GYRE_ASSIGN(const net::Response response,
                platform.Send("sagemaker", std::move(request), core::seconds(options.timeout_s)));
    const double milliseconds =
        std::chrono::duration<double, std::milli>(session.clock.Now() - begun).count();
    if (options.verbose) {
        session.err << response.status << ' ' << net::StatusText(response.status) << " after "
                    << milliseconds << " ms\n";
        for (const auto& [name, value] : response.headers) {
            session.err << name << ": " << value << '\n';
        }
    }
    if (response.status >= 300) {
        return core::Fail(ModelErrorOf(platform, response, options.endpoint));
    }
    return Print(session, options, response, milliseconds);
}

}  // namespace

void AddInvoke(Commands& commands) {
    CLI::App& command = commands.Add(
        "invoke", "Send one request to an endpoint and print the answer",
        "Without FILE, or with -, the request comes from standard input. Its content type is told\n"
        "by the file's extension (.json .npy .csv .txt .jpg .png …) unless --content-type says "
        "it.\n\n"
        "Examples:\n"
        "  gyre invoke my-model picture.jpg\n"
        "  gyre invoke my-model --body '[[1, 2, 3]]'\n"
        "  gyre invoke my-model batch.npy --accept application/x-npy --output answers.npy\n"
        "  head -1 rows.csv | gyre invoke my-model --content-type text/csv -v");
    const auto options = std::make_shared<InvokeOptions>();
    command.add_option("ENDPOINT", options->endpoint, "The endpoint's name")->required();
    command.add_option("FILE", options->file, "The request's body; - is standard input");
    command.add_option("-d,--body", options->body, "The request's body itself")->type_name("TEXT");
    command.add_option("--content-type", options->content_type, "What the body is")
        ->type_name("TYPE");
    command.add_option("--accept", options->accept, "What to ask for [application/json]")
        ->type_name("TYPE");
    command.add_option("--variant", options->variant, "Production variant to ask")
        ->type_name("NAME");
    command.add_option("-o,--output", options->output, "Write the answer there")->type_name("FILE");
    command.add_option("--timeout", options->timeout_s, "Seconds to wait [120]")
        ->type_name("S")
        ->check(CLI::Range(1, 3600).description(""));
    command.add_flag("-v,--verbose", options->verbose, "Print status, time and headers to stderr");
    commands.AddConnection(command, options->connection);
    commands.Does(command,
                  [&session = commands.session, options] { return Invoke(session, *options); });
}

}  // namespace gyre::cli::detail
