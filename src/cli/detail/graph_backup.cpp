#include <algorithm>

#include "cli/detail/command.h"
#include "cli/detail/graph_calls.h"
#include "cli/detail/upload.h"

namespace gyre::cli::detail {
namespace {

constexpr core::milliseconds kBetween{200};

/// Begins a backup or a restore and waits for its end.
core::Status RunJob(Session& session, const GraphOptions& options, const std::string& path,
                    const char* member, const char* doing, const char* done) {
    if (options.arguments.size() != 1) {
        return core::Fail(core::Code::kInvalidArgument, "one place is needed: s3://bucket/prefix");
    }
    const std::string& place = options.arguments.front();
    GYRE_ASSIGN(const Platform platform, Platform::Find(session, options.connection));
    Progress progress(session);
    if (path == "/backup" && place.starts_with("s3://")) {
        const std::string bucket = place.substr(5, place.find('/', 5) - 5);
        GYRE_TRY(EnsureBucket(platform, bucket));
    }
    progress.Step(std::string(doing) + " the graph " + options.graph);
    GYRE_ASSIGN(
        const core::Json begun,
        AskGraph(platform, "POST", path,
                 core::JsonText(core::JsonObject{{member, place}, {"graph", options.graph}})));
    const core::Json* payload = core::JsonFind(begun, "payload");
    const std::string id = payload == nullptr  ? ""
                           : path == "/backup" ? core::JsonStringOr(*payload, "backupId")
                                               : core::JsonStringOr(*payload, "restoreId");
    while (true) {
        GYRE_ASSIGN(const core::Json answer, AskGraph(platform, "GET", path + "/" + id));
        const core::Json* job = core::JsonFind(answer, "payload");
        if (job == nullptr) {
            return core::Fail(core::Code::kInternal, "the answer cannot be read");
        }
        const std::string status = core::JsonStringOr(*job, "status");
        const int64_t bytes = core::JsonInt(*job, "bytes").value_or(0);
        const int64_t all = core::JsonInt(*job, "totalBytes").value_or(0);
        if (status.ends_with("_COMPLETED")) {
            if (options.connection.json) PrintJson(session, *job);
            progress.Done(std::string(done) + ", " + std::to_string(bytes) + " bytes, " + place);
            return {};
        }
        if (status.ends_with("_FAILED")) {
            return core::Fail(core::Code::kFailedPrecondition,
                              core::JsonStringOr(*job, "failureReason"));
        }
        progress.Update(std::string(doing) + " " +
                        std::to_string(bytes * 100 / std::max<int64_t>(all, 1)) + "%");
        session.pause(kBetween);
    }
}

}  // namespace

core::Status BackUp(Session& session, const GraphOptions& options) {
    return RunJob(session, options, "/backup", "destination", "backing up", "backed up");
}

core::Status RestoreGraph(Session& session, const GraphOptions& options) {
    return RunJob(session, options, "/restore", "source", "restoring", "restored");
}

}  // namespace gyre::cli::detail
