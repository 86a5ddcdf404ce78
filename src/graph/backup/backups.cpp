#include "graph/backup/backups.h"

#include <algorithm>

#include "core/digest.h"
#include "core/file_system.h"
#include "core/log.h"
#include "graph/backup/transfer.h"
#include "graph/replica/follower.h"

namespace gyre::graph::backup {
namespace {

using core::Code;

constexpr size_t kMostJobs = 1000;
constexpr size_t kMostWaiting = 16;

}  // namespace

Backups::Backups(Graphs& graphs, objects::ObjectStore& objects, const core::Clock& clock,
                 core::milliseconds turn, Replacing replacing)
    : graphs_(graphs),
      objects_(objects),
      clock_(clock),
      turn_(turn),
      replacing_(std::move(replacing)),
      worker_("graph-backup", 1, kMostWaiting) {
}

Backups::~Backups() {
    Stop();
}

void Backups::Stop() {
    stop_.Cancel();
    worker_.Stop();
}

core::Result<std::string> Backups::Backup(const core::Json& request) {
    return Start(request, false);
}

core::Result<std::string> Backups::Restore(const core::Json& request) {
    return Start(request, true);
}

core::Result<std::string> Backups::Start(const core::Json& request, bool restores) {
    const char* member = restores ? "source" : "destination";
    Job job;
    job.restores = restores;
    job.place = core::JsonStringOr(request, member);
    job.graph = core::JsonStringOr(request, "graph");
    if (job.graph.empty()) job.graph = "g";
    if (job.place.empty()) {
        return core::Fail(Code::kInvalidArgument, "MissingParameterException",
                          std::string(member) + " is needed: s3://bucket/prefix");
    }
    GYRE_ASSIGN(job.uri, objects::S3Uri::Parse(job.place));
    if (!IsGraphName(job.graph) || (!restores && !graphs_.Find(job.graph))) {
        return core::Fail(Code::kNotFound, "there is no graph named '" + job.graph + "'");
    }
    job.status = restores ? "RESTORE_IN_QUEUE" : "BACKUP_IN_QUEUE";
    job.begun = clock_.WallNow();
    std::string id = core::RandomUuid();
    {
        auto jobs = jobs_.Lock();
        for (const auto& [other, one] : *jobs) job.order = std::max(job.order, one.order + 1);
        if (jobs->size() >= kMostJobs) {
            jobs->erase(std::ranges::min_element(*jobs, {},
                                                 [](const auto& one) { return one.second.order; }));
        }
        jobs->emplace(id, std::move(job));
    }
    if (!worker_.TrySubmit([this, id] { Run(id); })) {
        jobs_.Lock()->erase(id);
        return core::Fail(Code::kResourceExhausted, "TooManyRequestsException",
                          "too many backups are waiting; try again later");
    }
    return id;
}

void Backups::Run(const std::string& id) {
    const auto taken = [&]() -> std::optional<Job> {
        auto jobs = jobs_.Lock();
        const auto found = jobs->find(id);
        if (found == jobs->end()) return std::nullopt;
        found->second.status =
            found->second.restores ? "RESTORE_IN_PROGRESS" : "BACKUP_IN_PROGRESS";
        return found->second;
    }();
    if (!taken) return;
    const auto outcome = taken->restores ? WorkRestore(id, *taken) : WorkBackup(id, *taken);
    const std::string what = taken->restores ? "RESTORE" : "BACKUP";
    if (outcome) {
        core::LogInfo(taken->restores ? "a graph was restored" : "a graph was backed up",
                      {{"graph", taken->graph}, {"place", taken->place}});
    } else {
        core::LogWarning(
            taken->restores ? "a graph could not be restored" : "a graph could not be backed up",
            {{"graph", taken->graph}, {"place", taken->place}, {"why", outcome.error().message}});
    }
    auto jobs = jobs_.Lock();
    const auto found = jobs->find(id);
    if (found == jobs->end()) return;
    found->second.status = what + (outcome ? "_COMPLETED" : "_FAILED");
    if (!outcome) found->second.why = outcome.error().message;
}

void Backups::Note(const std::string& id, uint64_t done, uint64_t all) {
    auto jobs = jobs_.Lock();
    const auto found = jobs->find(id);
    if (found == jobs->end()) return;
    found->second.done = done;
    found->second.all = all;
}

core::Status Backups::WorkBackup(const std::string& id, const Job& job) {
    Manifest manifest;
    manifest.graph = job.graph;
    manifest.made = core::Iso8601(clock_.WallNow());
    for (const GraphSettings& one : graphs_.All()) {
        if (one.name != job.graph) continue;
        manifest.mode = one.mode;
        manifest.default_graph = one.default_graph;
        manifest.rules = one.rules;
    }
    GYRE_ASSIGN(const auto snapshot, SnapshotFolder::Make(graphs_, job.graph));
    manifest.epoch = snapshot->Epoch();
    return Upload(*snapshot, std::move(manifest), objects_, job.uri, stop_,
                  [&](uint64_t done, uint64_t all) { Note(id, done, all); });
}

core::Status Backups::WorkRestore(const std::string& id, const Job& job) {
    GYRE_ASSIGN(const Manifest manifest, FetchManifest(objects_, job.uri));
    GraphSettings settings;
    settings.name = job.graph;
    settings.mode = manifest.mode;
    settings.default_graph = manifest.default_graph;
    settings.rules = manifest.rules;
    for (const GraphSettings& one : graphs_.All()) {
        if (one.name == job.graph) settings = one;
    }
    if (settings.mode != manifest.mode) {
        return core::Fail(Code::kFailedPrecondition, "the graph '" + job.graph +
                                                         "' is in the rules of " +
                                                         std::string(ModeName(settings.mode)) +
                                                         ", and the backup in those of " +
                                                         std::string(ModeName(manifest.mode)));
    }
    GYRE_ASSIGN(const auto spare, graphs_.Spare(job.graph));
    const auto restored = [&]() -> core::Status {
        GYRE_TRY(Download(manifest, objects_, job.uri, spare, stop_,
                          [&](uint64_t done, uint64_t all) { Note(id, done, all); }));
        GYRE_ASSIGN(const auto store, graphs_.OpenSpare(spare, settings.mode));
        if (!settings.replica_of.empty()) {
            // A replica goes on from here, if its original's commits still count as they did.
            const auto graph = store->Write();
            replica::WriteFollowState(graph->Tables(),
                                      {settings.replica_of, manifest.epoch, store->LastCommit()});
            GYRE_TRY(graph->Commit());
            if (const auto old = graphs_.Find(job.graph)) store->FollowAs(*old);
        }
        GYRE_TRY(store->LeaveEpoch());
        GYRE_TRY(store->KeepChanges(settings.streams && settings.replica_of.empty()));
        const auto deadline = clock_.Now() + turn_;
        GYRE_TRY(replacing_(job.graph, deadline));
        return graphs_.Replace(settings, spare, store, deadline);
    }();
    if (!restored) std::ignore = core::RealFileSystem().RemoveAll(spare);
    return restored;
}

core::Json Backups::ToJson(const std::string& id, const Job& job) {
    core::JsonObject json{{job.restores ? "restoreId" : "backupId", id},
                          {"graph", job.graph},
                          {job.restores ? "source" : "destination", job.place},
                          {"status", job.status},
                          {"startTime", core::Iso8601(job.begun)},
                          {"bytes", job.done},
                          {"totalBytes", job.all}};
    if (!job.why.empty()) json["failureReason"] = job.why;
    return json;
}

core::Result<core::Json> Backups::Status(const std::string& id) const {
    auto jobs = jobs_.Lock();
    const auto found = jobs->find(id);
    if (found == jobs->end()) {
        return core::Fail(Code::kNotFound, "there is no backup or restore '" + id + "'");
    }
    return ToJson(id, found->second);
}

core::Json Backups::List(bool restores) const {
    auto jobs = jobs_.Lock();
    std::vector<std::pair<uint64_t, core::Json>> sorted;
    for (const auto& [id, job] : *jobs) {
        if (job.restores == restores) sorted.emplace_back(job.order, ToJson(id, job));
    }
    std::ranges::sort(sorted, std::ranges::greater(), [](const auto& one) { return one.first; });
    core::JsonArray list;
    for (auto& [order, json] : sorted) list.push_back(std::move(json));
    return list;
}

}  // namespace gyre::graph::backup
