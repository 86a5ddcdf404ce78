#include <algorithm>
#include <span>

#include "cli/detail/command.h"
#include "cli/detail/graph_calls.h"
#include "cli/detail/upload.h"
#include "core/digest.h"

namespace gyre::cli::detail {
namespace {

using core::Json;
using core::JsonObject;

constexpr core::milliseconds kBetweenLooks{200};
constexpr size_t kHeaderBytes = 4096;

/// Whether a CSV file's header is openCypher's.
bool IsCypherCsv(Session& session, const std::string& name) {
    const auto file = session.files.Open(name);
    if (!file) return false;
    std::string begin(kHeaderBytes, '\0');
    const auto got = (*file)->ReadAt(0, begin);
    if (!got) return false;
    const std::string_view header =
        std::string_view(begin).substr(0, std::min(*got, begin.find('\n')));
    return header.find('~') == std::string_view::npos &&
           (header.find(":ID") != std::string_view::npos ||
            header.find(":START_ID") != std::string_view::npos);
}

/// The loader's format of a file, by its name.
std::string FormatOf(Session& session, const std::string& path) {
    std::string name = path;
    if (name.ends_with(".gz")) name.resize(name.size() - 3);
    static constexpr std::pair<std::string_view, std::string_view> kFormats[] = {
        {".nt", "ntriples"}, {".nq", "nquads"},  {".ttl", "turtle"},
        {".trig", "trig"},   {".rdf", "rdfxml"}, {".owl", "rdfxml"}};
    for (const auto& [ending, format] : kFormats) {
        if (name.ends_with(ending)) return std::string(format);
    }
    return IsCypherCsv(session, path) ? "opencypher" : "csv";
}

/// That of all the files: a load has one.
core::Result<std::string> FormatOf(Session& session, const GraphOptions& options) {
    if (!options.format.empty()) return options.format;
    std::string format = FormatOf(session, options.arguments.front());
    for (const std::string& file : options.arguments) {
        if (FormatOf(session, file) == format) continue;
        return core::Fail(core::Code::kInvalidArgument, file + " is " + FormatOf(session, file) +
                                                            ", and " + options.arguments.front() +
                                                            " is " + format +
                                                            ": load each format by itself");
    }
    return format;
}

/// Sends the files to one folder of the bucket, which is named by what is in them.
core::Result<std::string> SendFiles(const Platform& platform, Session& session,
                                    const GraphOptions& options, Progress& progress) {
    GYRE_TRY(EnsureBucket(platform, options.bucket));
    std::string digests;
    for (const std::string& file : options.arguments) {
        GYRE_ASSIGN(const std::string digest, DigestOfFile(session.files, file));
        digests += digest;
    }
    const std::string folder = core::HexEncode(core::Sha256(digests)).substr(0, 16);
    for (size_t i = 0; i < options.arguments.size(); ++i) {
        const std::filesystem::path file = options.arguments[i];
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
                    AskGraph(platform, "GET", "/loader/" + id + "?details=true&errors=true", ""));
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

}  // namespace

core::Status LoadFiles(Session& session, const GraphOptions& options) {
    GYRE_ASSIGN(const std::string format, FormatOf(session, options));
    GYRE_ASSIGN(const Platform platform, Platform::Find(session, options.connection));
    Progress progress(session);
    GYRE_ASSIGN(const std::string source, SendFiles(platform, session, options, progress));
    progress.Step("loading " + source);
    const JsonObject request{{"source", source},
                             {"format", format},
                             {"iamRoleArn", "arn:aws:iam::000000000000:role/loader"},
                             {"region", platform.At().region},
                             {"mode", options.resume ? "RESUME" : "NEW"},
                             {"failOnError", !options.go_on},
                             {"queueRequest", true}};
    GYRE_ASSIGN(const Json started, AskGraph(platform, "POST", "/loader", core::JsonText(request)));
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

}  // namespace gyre::cli::detail
