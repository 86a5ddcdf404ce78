#include "graph/load/loader.h"

#include <algorithm>
#include <functional>

#include "core/digest.h"
#include "core/file_system.h"
#include "core/log.h"
#include "graph/load/load_run.h"

namespace gyre::graph::load {
namespace {

using core::Code;

constexpr size_t kMaxQueue = 64;
constexpr size_t kMaxKnown = 10'000;  // loads that are remembered
constexpr const char* kCancelledByUser = "LOAD_CANCELLED_BY_USER";

core::Error NoSuchLoad(const std::string& id) {
    return {Code::kNotFound, "BulkLoadIdNotFoundException", "there is no load '" + id + "'"};
}

enum class Mode : uint8_t { kNew, kResume, kAuto };

core::Result<Mode> ModeOfLoad(const core::Json& request) {
    std::string mode = core::JsonStringOr(request, "mode");
    std::ranges::transform(mode, mode.begin(),
                           [](char c) { return c >= 'a' && c <= 'z' ? char(c - 32) : c; });
    if (mode.empty() || mode == "AUTO") return Mode::kAuto;
    if (mode == "NEW") return Mode::kNew;
    if (mode == "RESUME") return Mode::kResume;
    return core::Fail(Code::kInvalidArgument, "InvalidParameterException",
                      "mode is NEW, RESUME or AUTO");
}

/// The last load of the same source and format that is over.
const LoadJob* EarlierOf(const std::map<std::string, LoadJob>& jobs, const LoadJob& job) {
    const LoadJob* earlier = nullptr;
    for (const auto& [id, one] : jobs) {
        if (!one.Over() || one.source != job.source || one.format != job.format) continue;
        if (earlier == nullptr || one.order > earlier->order) earlier = &one;
    }
    return earlier;
}

}  // namespace

Loader::Loader(Options options)
    // Loads that were cancelled in the queue keep their place there.
    : options_(std::move(options)), worker_("graph-load", 1, kMaxKnown) {
}

core::Result<std::unique_ptr<Loader>> Loader::Open(Options options) {
    std::unique_ptr<Loader> loader(new Loader(std::move(options)));
    GYRE_TRY(loader->ReadJobs());
    return loader;
}

Loader::~Loader() {
    Stop();
}

void Loader::Stop() {
    stopping_ = true;
    {
        auto jobs = jobs_.Lock();
        for (auto& [id, job] : *jobs) {
            if (!job.Over()) job.cancel.Cancel();
        }
    }
    worker_.Stop();
}

core::Status Loader::ReadJobs() {
    auto& files = core::RealFileSystem();
    GYRE_TRY(files.MakeDirectories(options_.folder));
    GYRE_ASSIGN(const auto names, files.List(options_.folder));
    std::vector<LoadJob> cut;
    auto jobs = jobs_.Lock();
    for (const std::string& name : names) {
        if (!name.ends_with(".json")) continue;
        const auto text = core::ReadFile(files, options_.folder / name);
        const auto json = text ? core::ParseJson(*text) : core::Fail(text.error());
        auto job = json ? ReadLoadDocument(*json) : core::Fail(json.error());
        if (!job) {
            core::LogWarning("a bulk load is forgotten",
                             {{"file", name}, {"why", job.error().message}});
            continue;
        }
        if (!job->Over()) {
            if (job->status == "LOAD_IN_PROGRESS") ++job->retry;
            cut.push_back(*job);
        }
        jobs->emplace(job->id, std::move(*job));
    }
    std::ranges::sort(cut, {}, &LoadJob::order);
    for (const LoadJob& job : cut) {
        core::LogInfo("a bulk load goes on", {{"load", job.id}});
        if (!Submit(job.id)) break;
    }
    return {};
}

// Of one that a user has cancelled and that has not ended yet, that it has: no start goes on with
// it.
core::Status Loader::Save(const LoadJob& job) const {
    core::Json document = LoadDocument(job);
    if (!stopping_ && !job.Over() && job.cancel.Cancelled()) {
        document.get_object()["status"] = kCancelledByUser;
    }
    return core::WriteFileAtomically(core::RealFileSystem(), options_.folder / (job.id + ".json"),
                                     core::JsonText(document) + "\n");
}

void Loader::SaveOrWarn(const LoadJob& job) const {
    if (const auto saved = Save(job); !saved) {
        core::LogWarning("a bulk load's state is not saved",
                         {{"load", job.id}, {"why", saved.error().message}});
    }
}

bool Loader::Submit(const std::string& id) {
    return worker_.TrySubmit([this, id] { Run(id); });
}

core::Result<std::string> Loader::Start(const core::Json& request) {
    const auto store = options_.graphs.Find("g");
    if (store) GYRE_TRY(store->Serves(true, options_.clock.Now()));
    GYRE_ASSIGN(LoadJob job, ReadLoadRequest(request));
    GYRE_ASSIGN(const Mode mode, ModeOfLoad(request));
    job.started_s = static_cast<int64_t>(core::EpochSeconds(options_.clock.WallNow()));
    job.id = core::RandomUuid();
    {
        auto jobs = jobs_.Lock();
        for (const std::string& dependency : job.dependencies) {
            if (!jobs->contains(dependency)) return core::Fail(NoSuchLoad(dependency));
        }
        const auto waiting =
            std::ranges::count_if(*jobs, [](const auto& one) { return !one.second.Over(); });
        if (waiting > 0 && !LoadFlag(request, "queueRequest", false)) {
            return core::Fail(Code::kResourceExhausted, "BadRequestException",
                              "Max concurrent load limit breached. Limit is 1");
        }
        if (static_cast<size_t>(waiting) > kMaxQueue) {
            return core::Fail(Code::kResourceExhausted, "BadRequestException",
                              "Max load task queue size limit breached. Limit is 64");
        }
        for (const auto& [id, one] : *jobs) job.order = std::max(job.order, one.order + 1);
        if (mode != Mode::kNew) {
            const LoadJob* earlier = EarlierOf(*jobs, job);
            if (earlier == nullptr && mode == Mode::kResume) {
                return core::Fail(Code::kInvalidArgument, "BadRequestException",
                                  "there is no earlier load of " + job.source + " to resume");
            }
            if (earlier != nullptr) {
                job.id = earlier->id;
                job.run = earlier->run + 1;
                job.files = earlier->files;
            }
        }
        GYRE_TRY(Save(job));
        jobs->insert_or_assign(job.id, job);
        while (jobs->size() > kMaxKnown) {
            const auto oldest = std::ranges::min_element(
                *jobs, {}, [](const auto& one) { return one.second.order; });
            if (!oldest->second.Over()) break;
            std::ignore =
                core::RealFileSystem().Remove(options_.folder / (oldest->first + ".json"));
            jobs->erase(oldest);
        }
    }
    if (!Submit(job.id)) {
        return core::Fail(Code::kUnavailable, "ServerShutdownException",
                          "the server stops; the load begins when it is back");
    }
    return job.id;
}

bool Loader::BeginRun(const std::string& id) {
    auto jobs = jobs_.Lock();
    if (stopping_ || !jobs->contains(id)) return false;  // it goes on after the next start
    LoadJob& job = jobs->at(id);
    if (job.Over()) return false;  // cancelled while it waited
    job.begun = options_.clock.Now();
    job.status = "LOAD_IN_PROGRESS";
    for (const std::string& dependency : job.dependencies) {
        const auto found = jobs->find(dependency);
        if (found == jobs->end() || found->second.status != "LOAD_COMPLETED") {
            job.status = "LOAD_FAILED_BECAUSE_DEPENDENCY_NOT_SATISFIED";
        }
    }
    SaveOrWarn(job);
    return !job.Over();
}

void Loader::EndRun(const std::string& id, const std::string& status) {
    auto jobs = jobs_.Lock();
    LoadJob& job = jobs->at(id);
    job.status = status;
    job.spent_s +=
        std::chrono::duration_cast<core::seconds>(options_.clock.Now() - job.begun).count();
    SaveOrWarn(job);
    jobs_.NotifyAll();
}

void Loader::Run(const std::string& id) {
    if (!BeginRun(id)) return;
    LoadJob job = jobs_.Lock()->at(id);
    const auto store = options_.graphs.Find("g");
    // What a run has done shows in the job as it goes.
    const auto show = [&](const LoadJob& now, bool save) {
        auto jobs = jobs_.Lock();
        LoadJob& shown = jobs->at(id);
        shown.files = now.files;
        shown.errors = now.errors;
        if (save) std::ignore = Save(shown);
    };
    LoadRun run(*store, options_.objects, options_.clock, job, show);
    auto outcome = run.Run();
    show(job, false);
    if (outcome) return EndRun(id, *outcome);
    const core::Error& error = outcome.error();
    if (stopping_ && error.code == Code::kCancelled) return;  // it goes on after the next start
    core::LogWarning("a bulk load failed", {{"load", id}, {"why", error.message}});
    if (error.code == Code::kCancelled) return EndRun(id, kCancelledByUser);
    const bool denied = error.code == Code::kPermissionDenied;
    jobs_.Lock()->at(id).errors.push_back(
        {denied ? "S3_ACCESS_DENIED_ERROR" : "INTERNAL_ERROR", error.message, job.source, 0});
    EndRun(id, error.code == Code::kNotFound ? "LOAD_FAILED_INVALID_REQUEST" : "LOAD_FAILED");
}

core::Json Loader::List(size_t limit, bool with_queued) const {
    std::vector<std::pair<uint64_t, std::string>> found;
    {
        auto jobs = jobs_.Lock();
        for (const auto& [id, job] : *jobs) {
            if (with_queued || job.status != "LOAD_IN_QUEUE") found.emplace_back(job.order, id);
        }
    }
    std::ranges::sort(found, std::greater());
    core::JsonArray ids;
    for (const auto& [order, id] : found) {
        if (ids.size() < limit) ids.emplace_back(id);
    }
    return core::JsonObject{{"status", "200 OK"}, {"payload", core::JsonObject{{"loadIds", ids}}}};
}

core::Result<core::Json> Loader::Status(const std::string& id, const StatusDetail& detail) const {
    auto jobs = jobs_.Lock();
    const auto found = jobs->find(id);
    if (found == jobs->end()) return core::Fail(NoSuchLoad(id));
    return LoadStatus(found->second, detail, options_.clock.Now());
}

core::Status Loader::Cancel(const std::string& id) {
    auto jobs = jobs_.Lock();
    const auto found = jobs->find(id);
    if (found == jobs->end()) return core::Fail(NoSuchLoad(id));
    CancelJob(found->second);
    return {};
}

void Loader::CancelJob(LoadJob& job) const {
    if (job.Over()) return;
    job.cancel.Cancel();
    if (job.status == "LOAD_IN_QUEUE") job.status = kCancelledByUser;
    SaveOrWarn(job);
}

core::Status Loader::Forget(core::SteadyTime deadline) {
    auto jobs = jobs_.Lock();
    for (auto& [id, job] : *jobs) CancelJob(job);
    const auto ended = [&] {
        return std::ranges::all_of(*jobs, [](const auto& one) { return one.second.Over(); });
    };
    if (!jobs.WaitUntil(deadline, ended)) {
        return core::Fail(Code::kConflict, "a bulk load has not ended");
    }
    for (const auto& [id, job] : *jobs) {
        GYRE_TRY(core::RealFileSystem().RemoveAll(options_.folder / (id + ".json")));
    }
    jobs->clear();
    return {};
}

}  // namespace gyre::graph::load
