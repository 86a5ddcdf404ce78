#include "serving/endpoint_controller.h"

#include <algorithm>
#include <set>

#include "core/log.h"
#include "serving/endpoint_routes.h"
#include "serving/names.h"

namespace gyre::serving {
namespace {

using core::Code;
using core::JsonObject;
using core::milliseconds;
using core::Result;
using core::SteadyTime;
using Again = Result<std::optional<milliseconds>>;

/// Often enough that what an alarm says is soon acted on.
constexpr milliseconds kAlarmPoll{1'000};
/// How often the memory of loaded models is looked at.
constexpr milliseconds kTendPoll{500};
/// How soon hosts go that are not needed any more.
constexpr milliseconds kLagPoll{50};
/// How often a follower looks whether the driver has removed the endpoint.
constexpr milliseconds kRemovalPoll{1'000};

}  // namespace

EndpointController::EndpointController(catalog::Catalog& catalog, Router& router,
                                       const FleetEnvironment& environment, Wake wake,
                                       Company company)
    : catalog_(catalog),
      router_(router),
      environment_(environment),
      wake_(std::move(wake)),
      company_(std::move(company)) {
}

EndpointController::~EndpointController() {
    StopHosts();
}

catalog::Kind EndpointController::Kind() const {
    return kEndpointKind;
}

core::Status EndpointController::AnnounceAll() {
    constexpr int kPage = 1000;
    catalog::ListQuery query;
    query.kind = kEndpointKind;
    query.sort_by = catalog::ListQuery::SortBy::kName;
    query.limit = kPage;
    do {
        GYRE_ASSIGN(const catalog::ListPage page, catalog_.List(query));
        for (const catalog::Resource& endpoint : page.resources) {
            const auto state = EndpointState::Read(endpoint.status);
            if (state) router_.Publish(RouteOf(endpoint.name, *state, {}));
        }
        query.page_token = page.next_token;
    } while (!query.page_token.empty());
    return {};
}

std::shared_ptr<EndpointController::Live> EndpointController::LiveOf(const std::string& name) {
    auto all = live_.Lock();
    auto& live = (*all)[name];
    if (live == nullptr) {
        live = std::make_shared<Live>();
        const auto wake = [wake = wake_, name] { wake(name); };
        live->fleet = std::make_unique<Fleet>(environment_, name, wake);
        live->shelf = std::make_shared<multi_model::ModelShelf>(wake);
    }
    return live;
}

Again EndpointController::Reconcile(const std::string& name) {
    return Step(name, true);
}

Again EndpointController::Follow(const std::string& name) {
    return Step(name, false);
}

Result<bool> EndpointController::Settled(const std::string& name) {
    const auto endpoint = catalog_.Get(kEndpointKind, name);
    if (!endpoint && endpoint.error().code != Code::kNotFound) {
        return core::Fail(endpoint.error());
    }
    return !endpoint.has_value();
}

Again EndpointController::Step(const std::string& name, bool drives) {
    const auto endpoint = catalog_.Get(kEndpointKind, name);
    if (!endpoint && endpoint.error().code == Code::kNotFound) return Gone(name);
    if (!endpoint) return core::Fail(endpoint.error());
    GYRE_ASSIGN(const EndpointState state, EndpointState::Read(endpoint->status));
    if (state.status == "Deleting") return Delete(name, drives);

    const auto live = LiveOf(name);
    Fleet& fleet = *live->fleet;
    GYRE_ASSIGN(std::vector<Deployment> hosts, HostsFor(*endpoint, state, *live));
    // The driver waits for its own hosts only. Until those of the new deployment are up here too,
    // the ones of the deployment before go on.
    const bool lags = state.deployed && live->standing && live->standing->id != state.deployed->id;
    if (lags) hosts.push_back(multi_model::ToHosts(*live->standing, *live->shelf));
    std::vector<const Deployment*> wanted;
    for (const Deployment& deployment : hosts) wanted.push_back(&deployment);
    fleet.Want(wanted);
    fleet.Step();
    const bool pending = lags && fleet.ProgressOf(state.deployed->ByContainer()).state ==
                                     Fleet::Progress::State::kPending;
    EndpointState shown = state;
    if (pending) {
        shown.deployed = live->standing;
        shown.target.reset();
    } else {
        live->standing = state.deployed;
    }
    Publish(name, shown, *live, pending ? 0 : ShareNow(*endpoint, state, fleet));
    const auto tend_again = TendModels(name, state, *live);
    fleet.StepLeaving([this](uint64_t table) { return router_.NobodyUsesBefore(table); },
                      live->table);
    if (live->sweep && !state.target && !fleet.Lingers()) {
        live->sweep = false;
        SweepModels();
    }
    if (state.target) live->sweep = true;
    std::optional<milliseconds> judge_again;
    if (drives) {
        GYRE_ASSIGN(judge_again, Judge(*endpoint, state, *live));
    }
    std::optional<milliseconds> again = tend_again;
    if (lags) again = std::min(again.value_or(kLagPoll), kLagPoll);
    for (const auto& one : {judge_again, fleet.StepAgain()}) {
        if (one) again = std::min(again.value_or(*one), *one);
    }
    return again;
}

std::optional<milliseconds> EndpointController::TendModels(const std::string& name,
                                                           const EndpointState& state, Live& live) {
    std::vector<std::string> keys;
    bool changed = false;
    const SteadyTime now = environment_.host.clock->Now();
    const bool due = now - live.tended >= kTendPoll;
    for (const auto& deployment : {state.deployed, state.target}) {
        if (!deployment) continue;
        for (const DeployedVariant& variant : deployment->variants) {
            if (variant.multi_model) keys.push_back(multi_model::ShelfKey(*deployment, variant));
        }
        if (due && !keys.empty()) {
            changed = multi_model::Tend(*deployment, *live.fleet, *live.shelf, now) || changed;
        }
    }
    live.shelf->Keep(keys);
    if (keys.empty()) return std::nullopt;
    if (due) live.tended = now;
    if (!changed) return kTendPoll;
    live.sweep = true;
    router_.Retry(name);  // who waits for a model that failed is told why
    return milliseconds(0);
}

void EndpointController::Publish(const std::string& name, const EndpointState& state, Live& live,
                                 double share) {
    EndpointRoute route = RouteOf(name, state,
                                  {.fleet = live.fleet.get(),
                                   .share = share,
                                   .capture = company_.capture,
                                   .judge = company_.judge,
                                   .shelf = live.shelf,
                                   .clock = environment_.host.clock});
    *live.links.Lock() = live.fleet->AllLinks();
    std::string signature = SignatureOf(route);
    if (live.table != 0 && signature == live.published) return;
    live.table = router_.Publish(std::move(route));
    live.published = std::move(signature);
}

Result<TrafficShift> EndpointController::ShiftOf(const catalog::Resource& endpoint,
                                                 const EndpointState& state) const {
    // What is new has no traffic that could be moved, and what stays in place moves none.
    if (!state.deployed || !state.target || state.InPlace()) return TrafficShift{};
    int instances = 0;
    for (const DeployedVariant& variant : state.target->variants) instances += variant.count;
    return TrafficShift::Read(core::JsonFind(endpoint.document, "DeploymentConfig"), instances);
}

milliseconds EndpointController::Since(int64_t moment) const {
    const auto now = environment_.host.clock->WallNow().time_since_epoch();
    return std::max(milliseconds(0), milliseconds(now.count() - moment));
}

double EndpointController::ShareNow(const catalog::Resource& endpoint, const EndpointState& state,
                                    const Fleet& fleet) const {
    if (!state.shift_began) return 0;
    const auto rolling = RollingOf(endpoint, state);
    if (rolling && *rolling) return RollingShare(state, **rolling, fleet);
    const auto shift = ShiftOf(endpoint, state);
    return shift ? shift->At(SinceUp(state)).share : 0;
}

std::string EndpointController::AlarmOf(const TrafficShift& shift) const {
    for (const std::string& name : shift.alarms) {
        if (company_.alarms == nullptr) return "There are no alarms to watch.";
        const auto verdict = company_.alarms->Judge(name);
        if (!verdict) return "The alarm " + name + " cannot be read: " + verdict.error().message;
        if (verdict->state == telemetry::AlarmState::kAlarm) {
            return "The alarm " + name + " went off: " + verdict->reason;
        }
    }
    return "";
}

Again EndpointController::Judge(const catalog::Resource& endpoint, const EndpointState& state,
                                Live& live) {
    const std::string& name = endpoint.name;
    const Fleet& fleet = *live.fleet;
    const HealthOf health = [&](const Deployment& deployment, const DeployedVariant& variant) {
        // An instance of a pipeline is a host of each container.
        VariantHealth found{.hosts = variant.count, .trouble = {}};
        if (variant.multi_model) return found;  // whatever of its models is loaded
        for (size_t i = 0; i <= variant.further.size(); i++) {
            const std::string group = HostGroup(variant, i);
            const auto links = fleet.Links(deployment.id, group);
            found.hosts = std::min(found.hosts, static_cast<int>(links.size()));
            for (const auto& link : links) found.instances.push_back(link->Instance());
            if (found.trouble.empty()) found.trouble = fleet.Trouble(deployment.id, group);
        }
        return found;
    };
    std::optional<milliseconds> again;
    GYRE_ASSIGN(const auto rolling, RollingOf(endpoint, state));
    if (rolling) {
        GYRE_ASSIGN(again, JudgeRolling(endpoint, state, live, *rolling, health));
        if (!again) return again;
    } else if (state.target) {
        const Fleet::Progress progress = fleet.ProgressOf(state.target->ByContainer());
        if (progress.state == Fleet::Progress::State::kFailed) {
            GYRE_TRY(RollBack(name, state, live, progress.reason));
            return again;
        }
        GYRE_ASSIGN(const TrafficShift shift, ShiftOf(endpoint, state));
        if (state.shift_began || progress.state == Fleet::Progress::State::kReady) {
            if (const std::string alarm = AlarmOf(shift); !alarm.empty()) {
                GYRE_TRY(RollBack(name, state, live, alarm));
                return again;
            }
            const TrafficShift::Step step =
                shift.At(state.shift_began ? SinceUp(state) : milliseconds(0));
            if (step.done) {
                GYRE_TRY(BringOut(name, state, live, health));
                return again;
            }
            if (SinceUp(state) > shift.longest && state.shift_began) {
                GYRE_TRY(RollBack(name, state, live,
                                  "The update took longer than MaximumExecutionTimeoutInSeconds."));
                return again;
            }
            again = shift.alarms.empty() ? *step.next : std::min(*step.next, kAlarmPoll);
            if (!state.shift_began) {
                const int64_t now = environment_.host.clock->WallNow().time_since_epoch().count();
                GYRE_TRY(
                    Write(name, state, [&](JsonObject& status) { status["_shift_began"] = now; }));
                return milliseconds(0);  // to publish the first share
            }
        }
    }
    const double share = ShareNow(endpoint, state, fleet);
    const auto describe = [&](JsonObject& status) {
        if (state.status == "RollingBack" && !state.target) {
            status["EndpointStatus"] = "InService";
        }
        DescribeVariants(state, health, share, status);
    };
    // Most steps find nothing new, and a transaction is dear.
    core::Json described = endpoint.status;
    describe(described.as_object());
    if (described != endpoint.status) GYRE_TRY(Write(name, state, describe));
    return again;
}

core::Status EndpointController::BringOut(const std::string& name, const EndpointState& state,
                                          Live& live, const HealthOf& health) {
    Deployment target = *state.target;
    target.resolved = core::EpochSeconds(environment_.host.clock->WallNow());
    for (DeployedVariant& variant : target.variants) {
        variant.directory = live.fleet->ModelOf(target.id, variant.name);
        for (size_t i = 0; i < variant.further.size(); i++) {
            variant.further[i].directory =
                live.fleet->ModelOf(target.id, HostGroup(variant, i + 1));
        }
    }
    const EndpointState after{.status = "InService", .deployed = target, .target = std::nullopt};
    // First the routes: who reads that it is in service may ask it.
    live.standing = target;
    Publish(name, after, live, 0);
    GYRE_TRY(Write(name, state, [&](JsonObject& status) {
        Promote(target, status);
        DescribeVariants(after, health, 0, status);
    }));
    core::LogInfo("an endpoint is in service",
                  {{"endpoint", name}, {"configuration", target.config}});
    return {};
}

core::Status EndpointController::RollBack(const std::string& name, const EndpointState& state,
                                          Live& live, const std::string& reason) {
    core::LogWarning("a deployment failed", {{"endpoint", name}, {"reason", reason}});
    EndpointState after = state;
    after.status = state.deployed ? "RollingBack" : "Failed";
    Publish(name, after, live, 0);
    return Write(name, state, [&](JsonObject& status) { GiveUpTarget(state, reason, status); });
}

core::Status EndpointController::Write(const std::string& name, const EndpointState& read,
                                       const std::function<void(JsonObject&)>& change) {
    const auto written =
        catalog_.Update(kEndpointKind, name, [&](catalog::Resource& endpoint) -> core::Status {
            GYRE_ASSIGN(const EndpointState now, EndpointState::Read(endpoint.status));
            const bool same_target = now.target.has_value() == read.target.has_value() &&
                                     (!now.target || now.target->ToJson() == read.target->ToJson());
            // Its own step comes after each change.
            if (now.status == read.status && same_target) change(endpoint.status.as_object());
            return {};
        });
    if (written || written.error().code == Code::kNotFound) return {};
    return core::Fail(written.error());
}

Again EndpointController::Delete(const std::string& name, bool drives) {
    const auto live = LiveOf(name);
    live->links.Lock()->clear();
    live->fleet->Want({});
    if (live->published != "Deleting") {
        EndpointRoute route;
        route.name = name;
        route.status = live->published = "Deleting";
        live->table = router_.Publish(std::move(route));
    }
    live->fleet->StepLeaving([this](uint64_t table) { return router_.NobodyUsesBefore(table); },
                             live->table);
    if (!live->fleet->Empty()) return live->fleet->StepAgain();
    if (!drives) return kRemovalPoll;
    const auto deleted = catalog_.Delete(kEndpointKind, name);
    if (!deleted && deleted.error().code != Code::kNotFound) return core::Fail(deleted.error());
    return Gone(name);
}

Again EndpointController::Gone(const std::string& name) {
    std::shared_ptr<Live> live;
    {
        auto all = live_.Lock();
        const auto found = all->find(name);
        if (found != all->end()) {
            live = std::move(found->second);
            all->erase(found);
        }
    }
    router_.Remove(name);
    if (live != nullptr) SweepModels();
    return std::nullopt;
}

void EndpointController::SweepModels() {
    std::set<std::string> used;
    catalog::ListQuery query;
    query.kind = kEndpointKind;
    query.sort_by = catalog::ListQuery::SortBy::kName;
    query.limit = 1000;
    do {
        const auto page = catalog_.List(query);
        if (!page) return;  // another time
        for (const catalog::Resource& endpoint : page->resources) {
            const auto state = EndpointState::Read(endpoint.status);
            if (!state) return;
            for (const auto& deployment : {state->deployed, state->target}) {
                if (!deployment) continue;
                for (const DeployedVariant& variant : deployment->variants) {
                    used.insert(variant.directory);
                    for (const auto& further : variant.further) used.insert(further.directory);
                }
            }
        }
        query.page_token = page->next_token;
    } while (!query.page_token.empty());
    environment_.models->Sweep(used);
}

std::vector<std::shared_ptr<HostLink>> EndpointController::Links() const {
    std::vector<std::shared_ptr<Live>> all;
    {
        auto live = live_.Lock();
        for (const auto& [name, one] : *live) all.push_back(one);
    }
    std::vector<std::shared_ptr<HostLink>> links;
    for (const auto& live : all) {
        auto of_one = live->links.Lock();
        links.insert(links.end(), of_one->begin(), of_one->end());
    }
    return links;
}

void EndpointController::StopHosts() {
    std::map<std::string, std::shared_ptr<Live>> all;
    all.swap(*live_.Lock());
    for (const auto& [name, live] : all) live->fleet->StopAll();
}

}  // namespace gyre::serving
