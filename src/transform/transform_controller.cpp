#include "transform/transform_controller.h"

#include "core/log.h"
#include "transform/shared_journal.h"

namespace gyre::transform {

using core::Code;
using core::milliseconds;
using serving::Fleet;

namespace {

/// A run that was told to stop looks for it as often.
constexpr milliseconds kStoppingPoll{20};

std::vector<serving::ContainerRoute> LinksBehind(const Fleet& fleet,
                                                 const serving::Deployment& deployment) {
    const serving::DeployedVariant& variant = deployment.variants.front();
    std::vector<serving::ContainerRoute> further;
    for (size_t i = 0; i < variant.further.size(); i++) {
        further.push_back({.hostname = variant.further[i].hostname,
                           .hosts = fleet.Links(deployment.id, HostGroup(variant, i + 1))});
    }
    return further;
}

}  // namespace

TransformController::TransformController(catalog::Catalog& catalog, objects::ObjectStore& store,
                                         const serving::FleetEnvironment& hosts,
                                         const core::Clock& clock, Records records, Wake wake,
                                         std::function<void()> sweep_models)
    : catalog_(catalog),
      store_(store),
      hosts_(hosts),
      clock_(clock),
      records_(std::move(records)),
      wake_(std::move(wake)),
      sweep_models_(std::move(sweep_models)) {
}

TransformController::~TransformController() {
    StopAll();
}

catalog::Kind TransformController::Kind() const {
    return kTransformKind;
}

std::shared_ptr<TransformController::Live> TransformController::LiveOf(const std::string& name) {
    auto all = live_.Lock();
    auto& live = (*all)[name];
    if (live == nullptr) {
        live = std::make_shared<Live>();
        live->fleet = std::make_unique<Fleet>(hosts_, name, [wake = wake_, name] { wake(name); });
    }
    return live;
}

TransformController::Again TransformController::Reconcile(const std::string& name) {
    const auto job = catalog_.Get(kTransformKind, name);
    if (!job && job.error().code == Code::kNotFound) return Clear(name);
    if (!job) return core::Fail(job.error());
    GYRE_ASSIGN(const JobState state, JobState::Read(job->status));
    if (state.status == "InProgress") return Step(*job, state);
    if (state.status == "Stopping") return StepStopping(*job);
    return Clear(name);
}

TransformController::Again TransformController::Follow(const std::string& name) {
    GYRE_TRY(Drop(name));
    return std::nullopt;
}

core::Result<bool> TransformController::Settled(const std::string& name) {
    const auto job = catalog_.Get(kTransformKind, name);
    if (!job && job.error().code == Code::kNotFound) return true;
    if (!job) return core::Fail(job.error());
    GYRE_ASSIGN(const JobState state, JobState::Read(job->status));
    return !state.Active();
}

TransformController::Again TransformController::Step(const catalog::Resource& job,
                                                     const JobState& state) {
    const auto live = LiveOf(job.name);
    Fleet& fleet = *live->fleet;
    const serving::Deployment wanted = state.deployment.ByContainer();
    fleet.Want({&wanted});
    fleet.Step();
    const Fleet::Progress hosts = fleet.ProgressOf(wanted);
    std::shared_ptr<TransformRun> run = *live->run.Lock();
    if (hosts.state == Fleet::Progress::State::kFailed) {
        if (run != nullptr) run->Stop();
        GYRE_TRY(End(job.name, "Failed", "AlgorithmError: " + hosts.reason, nullptr));
        return Clear(job.name);
    }
    if (run != nullptr && run->Idle() && !run->Ended()) {
        // Another server had the job for a while, or might have had.
        run->Stop();
        *live->run.Lock() = run = nullptr;
    }
    if (run == nullptr) {
        if (hosts.state != Fleet::Progress::State::kReady) return fleet.StepAgain();
        GYRE_TRY(Begin(job, state, *live));
        run = *live->run.Lock();
    }
    run->Hosts().Update(fleet.Links(wanted.id, wanted.variants.front().name),
                        LinksBehind(fleet, state.deployment));
    if (const auto outcome = run->Ended()) {
        const Progress progress = run->Now();
        GYRE_TRY(End(job.name, outcome->failure.empty() ? "Completed" : "Failed", outcome->failure,
                     &progress));
        return Clear(job.name);
    }
    return fleet.StepAgain();
}

core::Status TransformController::Begin(const catalog::Resource& job, const JobState& state,
                                        Live& live) {
    GYRE_ASSIGN(TransformSpec spec, TransformSpec::Read(job.document));
    const serving::DeployedVariant& variant = state.deployment.variants.front();
    const core::Json report = live.fleet->ReportOf(state.deployment.id, variant.name);
    const BatchLimits limits = ChooseLimits(spec, report, variant.further.empty());
    if (!state.started) {
        GYRE_TRY(Write(job.name,
                       [&](core::JsonObject& status) { MarkStarted(status, clock_.WallNow()); }));
    }
    core::LogInfo("a transform job is at work",
                  {{"job", job.name}, {"concurrency", limits.concurrency}});
    TransformRun::Options options{.spec = std::move(spec),
                                  .limits = limits,
                                  .store = &store_,
                                  .folder = records_.jobs / job.name,
                                  .shared = records_.shared,
                                  .leases = records_.leases,
                                  .ended = [wake = wake_, name = job.name] { wake(name); }};
    GYRE_TRY(core::RealFileSystem().MakeDirectories(options.folder));
    *live.run.Lock() = std::make_shared<TransformRun>(std::move(options));
    return {};
}

TransformController::Again TransformController::StepStopping(const catalog::Resource& job) {
    const auto live = LiveOf(job.name);
    const std::shared_ptr<TransformRun> run = *live->run.Lock();
    Progress progress;
    if (run != nullptr) {
        run->Cancel();
        if (!run->Idle()) return kStoppingPoll;
        progress = run->Now();
    }
    GYRE_TRY(End(job.name, "Stopped", "", run != nullptr ? &progress : nullptr));
    return Clear(job.name);
}

core::Status TransformController::End(const std::string& name, const std::string& how,
                                      const std::string& reason, const Progress* progress) {
    GYRE_TRY(Write(name, [&](core::JsonObject& status) {
        MarkEnded(status, how, reason, progress, clock_.WallNow());
    }));
    core::LogInfo("a transform job ended", {{"job", name}, {"how", how}, {"reason", reason}});
    return {};
}

core::Status TransformController::Write(const std::string& name,
                                        const std::function<void(core::JsonObject&)>& change) {
    const auto written =
        catalog_.Update(kTransformKind, name, [&](catalog::Resource& job) -> core::Status {
            const auto state = JobState::Read(job.status);
            if (state && state->Active()) change(job.status.as_object());
            return {};
        });
    if (written || written.error().code == Code::kNotFound) return {};
    return core::Fail(written.error());
}

TransformController::Again TransformController::Clear(const std::string& name) {
    GYRE_TRY(Drop(name));
    if (records_.shared != nullptr) GYRE_TRY(SharedJournal::Remove(*records_.shared, name));
    return std::nullopt;
}

core::Status TransformController::Drop(const std::string& name) {
    std::shared_ptr<Live> live;
    {
        auto all = live_.Lock();
        const auto found = all->find(name);
        if (found != all->end()) {
            live = std::move(found->second);
            all->erase(found);
        }
    }
    if (live != nullptr) {
        if (const auto run = *live->run.Lock()) run->Stop();
        live->fleet->StopAll();
        sweep_models_();
    }
    return core::RealFileSystem().RemoveAll(records_.jobs / name);
}

std::optional<Progress> TransformController::ProgressOf(const std::string& name) const {
    std::shared_ptr<Live> live;
    {
        auto all = live_.Lock();
        const auto found = all->find(name);
        if (found == all->end()) return std::nullopt;
        live = found->second;
    }
    const std::shared_ptr<TransformRun> run = *live->run.Lock();
    if (run == nullptr) return std::nullopt;
    return run->Now();
}

void TransformController::StopAll() {
    std::map<std::string, std::shared_ptr<Live>> all;
    all.swap(*live_.Lock());
    for (const auto& [name, live] : all) {
        if (const auto run = *live->run.Lock()) run->Cancel();
    }
    for (const auto& [name, live] : all) {
        if (const auto run = *live->run.Lock()) run->Stop();
        live->fleet->StopAll();
    }
}

}  // namespace gyre::transform
