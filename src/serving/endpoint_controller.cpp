#include "serving/endpoint_controller.h"

#include <set>

#include "core/log.h"
#include "serving/names.h"

namespace gyre::serving {
namespace {

using core::Code;
using core::JsonObject;
using core::milliseconds;
using core::Result;
using Again = Result<std::optional<milliseconds>>;

EndpointRoute RouteOf(const std::string& name, const EndpointState& state) {
    EndpointRoute route;
    route.name = name;
    route.status = state.status;
    route.in_service = state.deployed.has_value() && state.status != "Deleting";
    if (!route.in_service) return route;
    for (const DeployedVariant& variant : state.deployed->variants) {
        route.variants.push_back({.name = variant.name, .weight = variant.weight, .hosts = {}});
    }
    return route;
}

// Equal for routes that do the same.
std::string Signature(const EndpointRoute& route) {
    std::string text = route.status;
    for (const VariantRoute& variant : route.variants) {
        text += "\n" + variant.name + " " + std::to_string(variant.weight);
        for (const auto& host : variant.hosts) {
            text += " " + std::to_string(reinterpret_cast<uintptr_t>(host.get()));
        }
    }
    return text;
}

}  // namespace

EndpointController::EndpointController(catalog::Catalog& catalog, Router& router,
                                       const FleetEnvironment& environment, Wake wake)
    : catalog_(catalog), router_(router), environment_(environment), wake_(std::move(wake)) {
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
            if (state) router_.Publish(RouteOf(endpoint.name, *state));
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
        live->fleet =
            std::make_unique<Fleet>(environment_, name, [wake = wake_, name] { wake(name); });
    }
    return live;
}

Again EndpointController::Reconcile(const std::string& name) {
    const auto endpoint = catalog_.Get(kEndpointKind, name);
    if (!endpoint && endpoint.error().code == Code::kNotFound) return Gone(name);
    if (!endpoint) return core::Fail(endpoint.error());
    GYRE_ASSIGN(const EndpointState state, EndpointState::Read(endpoint->status));
    if (state.status == "Deleting") return Delete(name);

    const auto live = LiveOf(name);
    Fleet& fleet = *live->fleet;
    std::vector<const Deployment*> wanted;
    if (state.deployed) wanted.push_back(&*state.deployed);
    if (state.target) wanted.push_back(&*state.target);
    fleet.Want(wanted);
    fleet.Step();
    Publish(name, state, *live);
    fleet.StepLeaving([this](uint64_t table) { return router_.NobodyUsesBefore(table); },
                      live->table);
    if (live->sweep && !state.target && !fleet.Lingers()) {
        live->sweep = false;
        SweepModels();
    }
    if (state.target) live->sweep = true;
    GYRE_TRY(Judge(name, state, endpoint->status, *live));
    return fleet.StepAgain();
}

void EndpointController::Publish(const std::string& name, const EndpointState& state, Live& live) {
    EndpointRoute route = RouteOf(name, state);
    for (VariantRoute& variant : route.variants) {
        variant.hosts = live.fleet->Links(state.deployed->id, variant.name);
    }
    *live.links.Lock() = live.fleet->AllLinks();
    std::string signature = Signature(route);
    if (live.table != 0 && signature == live.published) return;
    live.table = router_.Publish(std::move(route));
    live.published = std::move(signature);
}

core::Status EndpointController::Judge(const std::string& name, const EndpointState& state,
                                       const core::Json& status_read, Live& live) {
    const Fleet& fleet = *live.fleet;
    const auto health = [&](const Deployment& deployment, const DeployedVariant& variant) {
        return VariantHealth{
            .hosts = static_cast<int>(fleet.Links(deployment.id, variant.name).size()),
            .trouble = fleet.Trouble(deployment.id, variant.name)};
    };
    if (state.target) {
        const Fleet::Progress progress = fleet.ProgressOf(*state.target);
        if (progress.state == Fleet::Progress::State::kReady) {
            Deployment target = *state.target;
            target.resolved = core::EpochSeconds(environment_.host.clock->WallNow());
            for (DeployedVariant& variant : target.variants) {
                variant.directory = fleet.ModelOf(target.id, variant.name);
            }
            const EndpointState after{
                .status = "InService", .deployed = target, .target = std::nullopt};
            // First the routes: who reads that it is in service may ask it.
            Publish(name, after, live);
            GYRE_TRY(Write(name, state, [&](JsonObject& status) {
                Promote(target, status);
                DescribeVariants(after, health, status);
            }));
            core::LogInfo("an endpoint is in service",
                          {{"endpoint", name}, {"configuration", target.config}});
            return {};
        }
        if (progress.state == Fleet::Progress::State::kFailed) {
            core::LogWarning("a deployment failed",
                             {{"endpoint", name}, {"reason", progress.reason}});
            EndpointState after = state;
            after.status = state.deployed ? "RollingBack" : "Failed";
            Publish(name, after, live);
            return Write(name, state,
                         [&](JsonObject& status) { GiveUpTarget(state, progress.reason, status); });
        }
    }
    const auto describe = [&](JsonObject& status) {
        if (state.status == "RollingBack") status["EndpointStatus"] = "InService";
        DescribeVariants(state, health, status);
    };
    // Most steps find nothing new, and a transaction is dear.
    core::Json described = status_read;
    describe(described.as_object());
    if (described == status_read) return {};
    return Write(name, state, describe);
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

Again EndpointController::Delete(const std::string& name) {
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
