#include <algorithm>
#include <memory>
#include <ostream>

#include "cli/detail/command.h"
#include "cli/detail/platform.h"
#include "cli/detail/progress.h"
#include "cli/detail/upload.h"
#include "core/digest.h"

namespace gyre::cli::detail {
namespace {

using core::Json;
using core::JsonObject;

constexpr core::milliseconds kCallTimeout{30'000};
constexpr core::milliseconds kBetweenLooks{200};

struct GraphOptions {
    ConnectionOptions connection;
    std::string action;
    std::vector<std::string> files;
    std::string bucket = "gyre-graph";
    std::string format;  ///< "": as the files are named
    bool go_on = false;
};

/// The loader's format of a file, by its name.
std::string FormatOf(std::string name) {
    if (name.ends_with(".gz")) name.resize(name.size() - 3);
    static constexpr std::pair<std::string_view, std::string_view> kFormats[] = {
        {".nt", "ntriples"}, {".nq", "nquads"},  {".ttl", "turtle"},
        {".trig", "trig"},   {".rdf", "rdfxml"}, {".owl", "rdfxml"}};
    for (const auto& [ending, format] : kFormats) {
        if (name.ends_with(ending)) return std::string(format);
    }
    return "csv";
}

/// That of all the files: a load has one.
core::Result<std::string> FormatOf(const GraphOptions& options) {
    if (!options.format.empty()) return options.format;
    const std::string format = FormatOf(options.files.front());
    for (const std::string& file : options.files) {
        if (FormatOf(file) == format) continue;
        return core::Fail(core::Code::kInvalidArgument,
                          file + " is " + FormatOf(file) + ", and " + options.files.front() +
                              " is " + format + ": load each format by itself");
    }
    return format;
}

/// A request of Neptune's data API.
core::Result<Json> Ask(const Platform& platform, const std::string& method,
                       const std::string& target, const std::string& body) {
    net::ClientRequest request;
    request.method = method;
    request.target = target;
    request.body = body;
    if (!body.empty()) request.headers.Add("Content-Type", "application/json");
    GYRE_ASSIGN(const net::Response response,
                platform.Send("neptune-db", std::move(request), kCallTimeout));
    if (response.status >= 300) return core::Fail(platform.ErrorOf(response));
    return core::ParseJson(response.body);
}

/// Sends the files to one folder of the bucket, which is named by what is in them.
core::Result<std::string> SendFiles(const Platform& platform, Session& session,
                                    const GraphOptions& options, Progress& progress) {
    GYRE_TRY(EnsureBucket(platform, options.bucket));
    std::string digests;
    for (const std::string& file : options.files) {
        GYRE_ASSIGN(const std::string digest, DigestOfFile(session.files, file));
        digests += digest;
    }
    const std::string folder = core::HexEncode(core::Sha256(digests)).substr(0, 16);
    for (size_t i = 0; i < options.files.size(); ++i) {
        const std::filesystem::path file = options.files[i];
        progress.Step("uploading " + file.string());
        GYRE_TRY(Upload(platform, session.files, file, options.bucket,
                        folder + "/" + std::to_string(i) + "-" + file.filename().string(),
                        [&](uint64_t sent, uint64_t size) {
                            progress.Update(
                                "uploading " + file.string() + " " +
                                std::to_string(sent * 100 / std::max<uint64_t>(size, 1)) + "%");
                        }));
    }
    return "s3://" + options.bucket + "/" + folder + "/";
}

core::Result<Json> Await(const Platform& platform, Session& session, const std::string& id,
                         Progress& progress) {
    while (true) {
        GYRE_ASSIGN(Json answer,
                    Ask(platform, "GET", "/loader/" + id + "?details=true&errors=true", ""));
        const Json* payload = core::JsonFind(answer, "payload");
        const Json* overall = payload ? core::JsonFind(*payload, "overallStatus") : nullptr;
        if (overall == nullptr) {
            return core::Fail(core::Code::kInternal, "the loader's answer cannot be read");
        }
        const std::string status(core::JsonString(*overall, "status").value_or(""));
        if (status != "LOAD_IN_QUEUE" && status != "LOAD_IN_PROGRESS") return *payload;
        progress.Update("loading");
        session.pause(kBetweenLooks);
    }
}

core::Status Load(Session& session, const GraphOptions& options) {
    GYRE_ASSIGN(const std::string format, FormatOf(options));
    GYRE_ASSIGN(const Platform platform, Platform::Find(session, options.connection));
    Progress progress(session);
    GYRE_ASSIGN(const std::string source, SendFiles(platform, session, options, progress));
    progress.Step("loading " + source);
    const JsonObject request{{"source", source},
                             {"format", format},
                             {"iamRoleArn", "arn:aws:iam::000000000000:role/loader"},
                             {"region", platform.At().region},
                             {"failOnError", !options.go_on},
                             {"queueRequest", true}};
    GYRE_ASSIGN(const Json started, Ask(platform, "POST", "/loader", core::JsonText(request)));
    const Json* payload = core::JsonFind(started, "payload");
    const std::string id(payload ? core::JsonString(*payload, "loadId").value_or("") : "");
    GYRE_ASSIGN(const Json done, Await(platform, session, id, progress));
    if (options.connection.json) PrintJson(session, done);
    const Json& overall = *core::JsonFind(done, "overallStatus");
    const std::string status(core::JsonString(overall, "status").value_or(""));
    const std::string records = std::to_string(core::JsonInt(overall, "totalRecords").value_or(0));
    if (status == "LOAD_COMPLETED") {
        progress.Done(records + " records are loaded");
        return {};
    }
    std::string why = "the load ended as " + status + " after " + records + " records";
    const Json* errors = core::JsonFind(done, "errors");
    const Json* logs = errors ? core::JsonFind(*errors, "errorLogs") : nullptr;
    if (logs != nullptr && logs->is_array()) {
        for (const Json& one : logs->get_array()) {
            why += "\n  " + core::JsonStringOr(one, "fileName") + ", record " +
                   std::to_string(core::JsonInt(one, "recordNum").value_or(0)) + ": " +
                   core::JsonStringOr(one, "errorMessage");
        }
    }
    return core::Fail(core::Code::kFailedPrecondition, why);
}

}  // namespace

void AddGraph(Commands& commands) {
    CLI::App& command = commands.Add(
        "graph", "Load files into the graph database",
        "Files are CSV with Neptune's headers for Gremlin (~id, ~label, ~from, ~to, name:Type), "
        "or RDF:\n"
        "N-Triples (.nt), N-Quads (.nq), Turtle (.ttl), TriG (.trig), RDF/XML (.rdf, .owl); plain "
        "or .gz.\n"
        "Vertices are loaded before edges. Loading a file again changes nothing.\n\n"
        "Examples:\n"
        "  gyre graph load people.csv knows.csv\n"
        "  gyre graph load *.csv.gz --continue          goes on after records that are wrong\n"
        "  gyre graph load people.ttl                   into what SPARQL asks");
    const auto options = std::make_shared<GraphOptions>();
    command.add_option("ACTION", options->action, "load")
        ->required()
        ->check(CLI::IsMember({"load"}));
    command.add_option("FILE", options->files, "What is loaded")->required();
    command.add_option("--bucket", options->bucket, "Bucket to upload to [gyre-graph]")
        ->type_name("NAME");
    command.add_option("--format", options->format, "Format of the files [as they are named]")
        ->check(CLI::IsMember({"csv", "ntriples", "nquads", "turtle", "trig", "rdfxml"}));
    command.add_flag("--continue", options->go_on, "Go on after records that are wrong");
    commands.AddConnection(command, options->connection);
    commands.Does(command,
                  [&session = commands.session, options] { return Load(session, *options); });
}

}  // namespace gyre::cli::detail
