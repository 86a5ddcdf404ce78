#include "serving/torchserve/models.h"

#include <algorithm>

#include "core/log.h"
#include "core/worker_pool.h"
#include "serving/torchserve/answers.h"

namespace gyre::serving::torchserve {

using core::Result;

namespace {

constexpr const char* kVariant = "main";
constexpr const char* kHasNoWorker =
    "\" has no worker to serve inference request. Please use scale workers API to add workers. If "
    "this is a sequence inference, please check if it is closed, or expired; or exceeds "
    "maxSequenceJobQueueSize";
constexpr int kFirstWorkerId = 9000;
constexpr core::milliseconds kLongestRest{1'000};

core::Error NoSuchModel(const std::string& name) {
    return Refusal(404, "ModelNotFoundException", "Model not found: " + name);
}

core::Error NoVersion(const std::string& name, const std::string& version) {
    return Refusal(404, "ModelVersionNotFoundException",
                   "Model version: " + version + " does not exist for model: " + name);
}

}  // namespace

core::Status CheckWorkers(int least, int most) {
    constexpr int kMost = 256;
    if (most < least) {
        return core::Fail(
            Refusal(400, "BadRequestException", "max_worker cannot be less than min_worker."));
    }
    if (least >= 0 && most <= kMost) return {};
    const std::string said = "a model may have 0 to " + std::to_string(kMost) + " workers";
    return core::Fail(least < 0 ? Refusal(500, "InternalServerException", said)
                                : Refusal(400, "BadRequestException", said));
}

std::string NoWorkerText(const std::string& name, const std::string& version) {
    return "Model \"" + name + (version.empty() ? "" : "\" Version " + version) + kHasNoWorker;
}

/// One version of a model. What stands under "the thread's" is stepped without the lock: to end a
/// host waits for the thread of its connection, which may just be asking here for a route.
struct Models::Live {
    Order order;
    int generation = 0;  ///< of deployments
    std::optional<Deployment> serving;
    std::optional<Deployment> target;
    std::string failure;  ///< of the last target that did not come up
    bool leaves = false;
    core::WallTime since{};      ///< when `serving` began
    core::SteadyTime ordered{};  ///< when `target` was
    std::vector<std::shared_ptr<HostLink>> links;
    int workers = 0;                       ///< of `serving`
    std::vector<int> up;                   ///< of them, at each host of `links`
    int given_up = 0;                      ///< of them
    std::shared_ptr<Sequences> sequences;  ///< null: stateless

    // The thread's:
    std::unique_ptr<Fleet> fleet;
    uint64_t table = 0;
    std::string published;

    [[nodiscard]] std::string Key() const { return order.name + "/" + order.archive.version; }
    [[nodiscard]] bool Healthy() const {
        if (target) return true;  // they start
        return (serving ? workers - given_up : 0) >= order.settings.min_workers;
    }
};

Models::Models(ModelsOptions options) : options_(std::move(options)) {
    thread_ = std::thread([this] { Run(); });
}

Models::~Models() {
    Stop();
}

core::Status Models::Add(Order order) {
    auto state = state_.Lock();
    Versions& versions = state->models[order.name];
    const std::string& version = order.archive.version;
    if (versions.live.contains(version)) {
        return core::Fail(
            Refusal(409, "ConflictStatusException",
                    "Model version " + version + " is already registered for model " + order.name));
    }
    if (versions.live.empty()) versions.default_version = version;
    auto live = std::make_shared<Live>();
    if (const auto& sequences = order.settings.sequences) {
        live->sequences = std::make_shared<Sequences>(*sequences);
    }
    live->order = std::move(order);
    live->order.settings.min_workers = live->order.settings.max_workers = 0;
    versions.live.emplace(live->order.archive.version, std::move(live));
    return {};
}

std::vector<std::shared_ptr<Models::Live>> Models::Leaving(const State& state,
                                                           const std::string& name,
                                                           const std::string& version) {
    std::vector<std::shared_ptr<Live>> leaving;
    for (const auto& live : state.leaving) {
        if (live->order.name != name) continue;
        if (version.empty() || live->order.archive.version == version) leaving.push_back(live);
    }
    return leaving;
}

core::Status Models::Remove(const std::string& name, const std::string& version,
                            core::SteadyTime deadline) {
    auto state = state_.Lock();
    const auto model = state->models.find(name);
    std::vector<std::shared_ptr<Live>> awaited;
    if (model != state->models.end()) {
        Versions& versions = model->second;
        const std::string which = version.empty() ? versions.default_version : version;
        const auto found = versions.live.find(which);
        if (found == versions.live.end()) {
            awaited = Leaving(*state, name, which);
            if (awaited.empty()) return core::Fail(NoVersion(name, which));
        } else {
            if (which == versions.default_version && versions.live.size() > 1) {
                return core::Fail(Refusal(403, "InvalidModelVersionException",
                                          "Cannot remove default version for model " + name));
            }
            found->second->leaves = true;
            awaited.push_back(found->second);
            state->leaving.push_back(std::move(found->second));
            versions.live.erase(found);
            if (versions.live.empty()) state->models.erase(model);
        }
    } else {
        awaited = Leaving(*state, name, version);
        if (awaited.empty()) return core::Fail(NoSuchModel(name));
    }
    Ring();
    const auto gone = [&] {
        return std::ranges::none_of(awaited, [&](const auto& live) {
            return std::ranges::find(state->leaving, live) != state->leaving.end();
        });
    };
    state.WaitUntil(deadline, [&] { return gone() || state->waits_over; });
    if (gone()) return {};
    return core::Fail(
        Refusal(408, "RequestTimeoutException", "Timed out while cleaning resources: " + name));
}

core::Status Models::Scale(const std::string& name, const std::string& version, int least,
                           int most) {
    GYRE_TRY(CheckWorkers(least, most));
    auto state = state_.Lock();
    GYRE_ASSIGN(const auto live, Find(*state, name, version));
    if (least > 0 && live->order.settings.startup_timeout_s == 0) {
        return core::Fail(Refusal(500, "InternalServerException",
                                  "Failed to start workers for model " + name + " version: " +
                                      live->order.archive.version + ": its startup_timeout is 0"));
    }
    const bool same = live->order.settings.min_workers == least && live->failure.empty() &&
                      live->given_up == 0 && (live->serving || live->target);
    live->order.settings.min_workers = least;
    live->order.settings.max_workers = most;
    if (same) return {};
    live->failure.clear();
    live->target = DeploymentOf(*live);
    live->ordered = options_.clock->Now();
    Ring();
    return {};
}

Deployment Models::DeploymentOf(Live& live) const {
    const ModelSettings& settings = live.order.settings;
    DeployedVariant variant;
    variant.name = kVariant;
    variant.model = live.order.name;
    variant.count = settings.min_workers > 0 ? 1 : 0;
    variant.image = "gyre/torchserve";
    variant.model_data = live.order.url;  // its folder is in the store already
    variant.directory = live.order.store_name;
    variant.load_timeout = core::seconds(settings.startup_timeout_s);
    variant.environment = options_.model_environment;
    variant.environment["SAGEMAKER_TS_BATCH_SIZE"] = std::to_string(settings.batch_size);
    variant.environment["SAGEMAKER_TS_MAX_BATCH_DELAY"] =
        std::to_string(settings.max_batch_delay_ms);
    const int workers = live.sequences ? 1 : std::max(1, settings.min_workers);
    variant.environment["SAGEMAKER_TS_MIN_WORKERS"] = std::to_string(workers);
    variant.environment["SAGEMAKER_TS_RESPONSE_TIMEOUT"] =
        std::to_string(settings.response_timeout_s);
    variant.environment["GYRE_MAX_QUEUE"] =
        std::to_string(settings.job_ticket ? workers : settings.job_queue_size);
    variant.environment["GYRE_RESTART_WORKERS_FOR_S"] =
        std::to_string(settings.max_retry_timeout_s);
    variant.environment["GYRE_TS_MODEL"] = live.order.name;
    if (!live.order.handler.empty()) variant.environment["GYRE_TS_HANDLER"] = live.order.handler;
    Deployment deployment;
    deployment.id = live.Key() + "#" + std::to_string(++live.generation);
    if (!live.sequences) {
        deployment.variants.push_back(std::move(variant));
        return deployment;
    }
    for (int i = 0; i < std::max(1, settings.min_workers); i++) {
        variant.name = WorkerVariant(i);
        deployment.variants.push_back(variant);
    }
    return deployment;
}

std::string Models::WorkerVariant(int worker) {
    return "worker" + std::to_string(worker);
}

Models::Outcome Models::AwaitScaled(const std::string& name, const std::string& version,
                                    core::SteadyTime deadline) {
    auto state = state_.Lock();
    const auto live = Find(*state, name, version);
    if (!live) return {Scaled::kFailed, live.error().message};
    const auto done = [&] { return !(*live)->target || (*live)->leaves; };
    state.WaitUntil(deadline, [&] { return done() || state->waits_over; });
    if (!done()) return {Scaled::kUnderWay, {}};
    if (!(*live)->failure.empty()) return {Scaled::kFailed, (*live)->failure};
    return {};
}

core::Status Models::SetDefault(const std::string& name, const std::string& version) {
    auto state = state_.Lock();
    const auto model = state->models.find(name);
    if (model == state->models.end()) return core::Fail(NoSuchModel(name));
    if (!model->second.live.contains(version)) {
        // Not the words of the other requests.
        return core::Fail(
            Refusal(404, "ModelVersionNotFoundException",
                    "Model version " + version + " does not exist for model " + name));
    }
    model->second.default_version = version;
    return {};
}

Result<std::shared_ptr<Models::Live>> Models::Find(const State& state, const std::string& name,
                                                   const std::string& version) {
    const auto model = state.models.find(name);
    if (model == state.models.end()) return core::Fail(NoSuchModel(name));
    const Versions& versions = model->second;
    const auto found = versions.live.find(version.empty() ? versions.default_version : version);
    if (found == versions.live.end()) return core::Fail(NoVersion(name, version));
    return found->second;
}

ModelFacts Models::FactsOf(const Live& live) {
    ModelFacts facts{.archive = live.order.archive,
                     .settings = live.order.settings,
                     .url = live.order.url,
                     .loaded_at_startup = live.order.at_startup,
                     .pending = 0,
                     .most_sequences = live.sequences ? live.sequences->Most() : 0,
                     .workers = {}};
    facts.archive.name = live.order.name;
    const int of_each = live.sequences ? 1 : live.workers;
    int id = kFirstWorkerId;
    for (size_t host = 0; host < live.links.size(); ++host) {
        facts.pending += live.links[host]->Outstanding();
        for (int i = 0; i < of_each; ++i) {
            facts.workers.push_back({.id = id++,
                                     .pid = live.links[host]->Group(),
                                     .started = live.since,
                                     .up = i < live.up[host]});
        }
    }
    return facts;
}

Result<std::vector<ModelFacts>> Models::Describe(const std::string& name,
                                                 const std::string& version) const {
    auto state = state_.Lock();
    std::vector<ModelFacts> all;
    if (version == "all") {
        const auto model = state->models.find(name);
        if (model == state->models.end()) return core::Fail(NoSuchModel(name));
        for (const auto& [number, live] : model->second.live) all.push_back(FactsOf(*live));
        return all;
    }
    GYRE_ASSIGN(const auto live, Find(*state, name, version));
    all.push_back(FactsOf(*live));
    return all;
}

std::vector<std::pair<std::string, std::string>> Models::List() const {
    auto state = state_.Lock();
    std::vector<std::pair<std::string, std::string>> list;
    for (const auto& [name, versions] : state->models) {
        list.emplace_back(name, versions.live.at(versions.default_version)->order.url);
    }
    return list;
}

std::vector<std::string> Models::StartupModels() const {
    auto state = state_.Lock();
    std::vector<std::string> names;
    for (const auto& [name, versions] : state->models) {
        if (std::ranges::any_of(versions.live,
                                [](const auto& live) { return live.second->order.at_startup; })) {
            names.push_back(name);
        }
    }
    return names;
}

bool Models::Healthy() const {
    auto state = state_.Lock();
    return std::ranges::all_of(state->models, [](const auto& model) {
        const Versions& versions = model.second;
        return versions.live.at(versions.default_version)->Healthy();
    });
}

Result<Models::Route> Models::RouteOf(const std::string& name, const std::string& version) const {
    auto state = state_.Lock();
    GYRE_ASSIGN(const auto live, Find(*state, name, version));
    const auto refuse = [](std::string why) {
        return core::Fail(Refusal(503, "ServiceUnavailableException", std::move(why)));
    };
    if (!live->serving || live->serving->variants[0].count == 0) {
        return refuse(NoWorkerText(name, version));
    }
    if (live->given_up >= live->workers) {
        return refuse(NoWorkerText(name, version) + " (they did not come up again for " +
                      std::to_string(live->order.settings.max_retry_timeout_s) +
                      " s and are given up; the log says why)");
    }
    return Route{.name = live->Key(),
                 .version = live->order.archive.version,
                 .response_timeout_s = live->order.settings.response_timeout_s,
                 .client_timeout_ms = live->order.settings.client_timeout_ms,
                 .sequences = live->sequences};
}

std::vector<std::shared_ptr<HostLink>> Models::Links() const {
    auto state = state_.Lock();
    std::vector<std::shared_ptr<HostLink>> links;
    for (const auto& [name, versions] : state->models) {
        for (const auto& [version, live] : versions.live) {
            links.insert(links.end(), live->links.begin(), live->links.end());
        }
    }
    return links;
}

void Models::Ring() {
    bell_.Lock()->rung = true;
    bell_.NotifyAll();
}

void Models::Run() {
    core::SetThreadName("torchserve");
    while (true) {
        const core::milliseconds again = StepAll();
        auto bell = bell_.Lock();
        (void)bell.WaitUntil(options_.clock->Now() + again,
                             [&] { return bell->rung || bell->stopped; });
        if (bell->stopped) return;
        bell->rung = false;
    }
}

core::milliseconds Models::StepAll() {
    core::milliseconds again = kLongestRest;
    for (const auto& live : All()) {
        if (live->fleet == nullptr) {
            live->fleet = std::make_unique<Fleet>(
                *options_.environment, live->Key(), [this] { Ring(); },
                core::seconds(live->order.settings.max_retry_timeout_s));
        }
        Step(*live);
        again = std::min(again, live->fleet->StepAgain().value_or(again));
    }
    std::vector<std::string> gone;
    {
        auto state = state_.Lock();
        std::erase_if(state->leaving, [&](const std::shared_ptr<Live>& live) {
            if (live->fleet == nullptr || !live->fleet->Empty()) return false;
            // Its name may be taken again already.
            const auto model = state->models.find(live->order.name);
            const bool again_there = model != state->models.end() &&
                                     model->second.live.contains(live->order.archive.version);
            if (!again_there) gone.push_back(live->Key());
            return true;
        });
    }
    state_.NotifyAll();
    // Not under the lock: what waits there is answered, and its client's next request may come in.
    for (const std::string& key : gone) options_.router->Remove(key);
    return again;
}

std::vector<std::shared_ptr<Models::Live>> Models::All() const {
    auto state = state_.Lock();
    std::vector<std::shared_ptr<Live>> all = state->leaving;
    for (const auto& [name, versions] : state->models) {
        for (const auto& [version, live] : versions.live) all.push_back(live);
    }
    return all;
}

void Models::Step(Live& live) {
    Fleet& fleet = *live.fleet;
    std::optional<Deployment> serving;
    std::optional<Deployment> target;
    {
        auto state = state_.Lock();
        if (!live.leaves) {
            serving = live.serving;
            target = live.target;
        }
    }
    std::vector<const Deployment*> wanted;
    for (const auto* one : {&serving, &target}) {
        if (*one) wanted.push_back(&**one);
    }
    fleet.Want(wanted);
    fleet.Step();
    if (target) {
        const Fleet::Progress progress = fleet.ProgressOf(*target);
        auto state = state_.Lock();
        // Another order may have come in the meantime.
        if (live.target && live.target->id == target->id) TakeProgress(live, progress);
    }
    Publish(live);
    fleet.StepLeaving([this](uint64_t table) { return options_.router->NobodyUsesBefore(table); },
                      live.table);
}

void Models::TakeProgress(Live& live, const Fleet::Progress& progress) const {
    if (progress.state == Fleet::Progress::State::kFailed) {
        core::LogWarning("workers did not start",
                         {{"model", live.Key()}, {"reason", progress.reason}});
        live.failure = progress.reason;
        live.target.reset();
    }
    if (progress.state != Fleet::Progress::State::kReady) return;
    live.serving = std::move(live.target);
    live.target.reset();
    live.since = options_.clock->WallNow();
    live.workers = live.order.settings.min_workers;
    if (options_.metrics != nullptr) {
        options_.metrics->Loaded(
            live.order.name, live.order.archive.version, live.order.settings.min_workers,
            std::chrono::duration_cast<core::milliseconds>(options_.clock->Now() - live.ordered));
    }
    if (live.sequences) {
        live.sequences->SetWorkers(live.order.settings.min_workers, live.order.settings.batch_size);
    }
}

void Models::Publish(Live& live) {
    EndpointRoute route;
    std::string signature;
    {
        auto state = state_.Lock();
        route.name = live.Key();
        route.status = live.leaves ? "Deleting" : "InService";
        route.in_service = !live.leaves && live.serving && live.serving->variants[0].count > 0;
        live.links.clear();
        signature = route.status;
        if (route.in_service) {
            for (const DeployedVariant& variant : live.serving->variants) {
                auto links = live.fleet->Links(live.serving->id, variant.name);
                live.links.insert(live.links.end(), links.begin(), links.end());
                route.variants.push_back(
                    {.name = variant.name, .weight = 1, .hosts = std::move(links)});
                signature += route.variants.back().Signature();
            }
            signature += " up";
        }
        CountWorkers(live);
    }
    if (signature == live.published) return;
    live.table = options_.router->Publish(std::move(route));
    live.published = std::move(signature);
}

void Models::CountWorkers(Live& live) {
    live.up.clear();
    live.given_up = 0;
    if (!live.serving) return;
    const int of_each = live.sequences ? 1 : live.workers;
    for (const DeployedVariant& variant : live.serving->variants) {
        const Fleet::Hosts hosts = live.fleet->HostsOf(live.serving->id, variant.name);
        for (const core::Json& report : hosts.reports) {
            const auto count = [&](const char* key, int otherwise) {
                return static_cast<int>(core::JsonInt(report, key).value_or(otherwise));
            };
            live.up.push_back(count("workers_up", of_each));
            live.given_up += count("workers_given_up", 0);
        }
        live.given_up += hosts.given_up * of_each;
    }
}

void Models::EndWaits() {
    state_.Lock()->waits_over = true;
    state_.NotifyAll();
}

void Models::Stop() {
    EndWaits();
    bell_.Lock()->stopped = true;
    bell_.NotifyAll();
    if (thread_.joinable()) thread_.join();
    for (const auto& live : All()) {
        if (live->fleet != nullptr) live->fleet->StopAll();
    }
}

}  // namespace gyre::serving::torchserve
