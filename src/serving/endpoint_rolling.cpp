// The controller's half of updates that replace instances batch by batch.
#include <algorithm>

#include "core/log.h"
#include "serving/endpoint_controller.h"

namespace gyre::serving {
namespace {

using core::JsonObject;
using core::milliseconds;
using core::Result;
using State = Fleet::Progress::State;

/// Often enough that what an alarm says is soon acted on.
constexpr milliseconds kPoll{1'000};

int InstancesOf(const Deployment& deployment) {
    int instances = 0;
    for (const DeployedVariant& variant : deployment.variants) instances += variant.count;
    return instances;
}

/// The part of a deployment's hosts that are up.
double PartUp(const Deployment& deployment, const Fleet& fleet) {
    double wanted = 0;
    double up = 0;
    for (const DeployedVariant& variant : deployment.ByContainer().variants) {
        wanted += variant.count;
        up += static_cast<double>(fleet.Links(deployment.id, variant.name).size());
    }
    return wanted > 0 ? std::min(1.0, up / wanted) : 1;
}

}  // namespace

double RollingShare(const EndpointState& state, const RollingUpdate& rolling, const Fleet& fleet) {
    const double fresh = rolling.FractionAfter(state.rolled);
    if (state.going_back.empty()) return fresh;
    // As fast as the old instances are there again.
    return std::min(fresh, 1 - PartUp(*state.deployed, fleet));
}

Result<std::optional<RollingUpdate>> EndpointController::RollingOf(
    const catalog::Resource& endpoint, const EndpointState& state) const {
    if (!state.deployed || !state.target || state.InPlace()) return std::optional<RollingUpdate>();
    return RollingUpdate::Read(core::JsonFind(endpoint.document, "DeploymentConfig"),
                               InstancesOf(*state.target), InstancesOf(*state.deployed));
}

Result<std::vector<Deployment>> EndpointController::HostsFor(const catalog::Resource& endpoint,
                                                             const EndpointState& state,
                                                             const Live& live) const {
    RollingUpdate::Moment parts{.fresh = 1, .old = 1};
    GYRE_ASSIGN(const auto rolling, RollingOf(endpoint, state));
    if (rolling && state.going_back.empty()) {
        parts = rolling->At(state.rolled, Since(state.rolled_at));
    } else if (rolling) {
        parts = rolling->Back(state.rolled, state.old_back);
    }
    std::vector<Deployment> hosts;
    if (state.deployed) {
        hosts.push_back(multi_model::ToHosts(PartOf(*state.deployed, parts.old), *live.shelf));
    }
    if (state.target) {
        hosts.push_back(multi_model::ToHosts(PartOf(*state.target, parts.fresh), *live.shelf));
    }
    return hosts;
}

Result<std::optional<milliseconds>> EndpointController::JudgeRolling(
    const catalog::Resource& endpoint, const EndpointState& state, Live& live,
    const RollingUpdate& rolling, const HealthOf& health) {
    const std::string& name = endpoint.name;
    const std::optional<milliseconds> over;
    const auto go_back = [&](const std::string& reason) -> Result<std::optional<milliseconds>> {
        GYRE_TRY(GoBack(name, state, live, reason, rolling));
        return over;
    };
    if (!state.going_back.empty()) {
        const RollingUpdate::Moment back = rolling.Back(state.rolled, state.old_back);
        const auto old = live.fleet->ProgressOf(PartOf(*state.deployed, back.old).ByContainer());
        if (old.state == State::kPending) return kPoll;
        if (back.done) {
            GYRE_TRY(RollBack(name, state, live, state.going_back));
            return over;
        }
        GYRE_TRY(Write(name, state, [&](JsonObject& status) {
            status["_old_back"] = state.old_back + rolling.back_batch;
        }));
        return milliseconds(0);
    }
    const RollingUpdate::Moment moment = rolling.At(state.rolled, Since(state.rolled_at));
    const auto progress = live.fleet->ProgressOf(PartOf(*state.target, moment.fresh).ByContainer());
    if (progress.state == State::kFailed) return go_back(progress.reason);
    GYRE_ASSIGN(const TrafficShift shift, ShiftOf(endpoint, state));
    if (state.rolled > 0) {
        if (const std::string alarm = AlarmOf(shift); !alarm.empty()) return go_back(alarm);
        if (SinceUp(state) > rolling.longest) {
            return go_back("The update took longer than MaximumExecutionTimeoutInSeconds.");
        }
    }
    if (moment.done) {
        GYRE_TRY(BringOut(name, state, live, health));
        return over;
    }
    if (!moment.next || progress.state != State::kReady) {
        return std::min(kPoll, moment.again.value_or(kPoll));
    }
    const int64_t now = environment_.host.clock->WallNow().time_since_epoch().count();
    GYRE_TRY(Write(name, state, [&](JsonObject& status) {
        if (!state.shift_began) status["_shift_began"] = now;
        status["_rolled"] = state.rolled + 1;
        status["_rolled_at"] = now;
    }));
    return milliseconds(0);  // to publish the batch's share
}

core::Status EndpointController::GoBack(const std::string& name, const EndpointState& state,
                                        Live& live, const std::string& reason,
                                        const RollingUpdate& rolling) {
    if (state.rolled == 0) return RollBack(name, state, live, reason);
    core::LogWarning("a rolling update goes back", {{"endpoint", name}, {"reason", reason}});
    const double old = rolling.At(state.rolled, Since(state.rolled_at)).old;
    return Write(name, state, [&](JsonObject& status) {
        status["_going_back"] = reason;
        status["_old_back"] = rolling.BackAfter(old);
        status["EndpointStatus"] = "RollingBack";
    });
}

}  // namespace gyre::serving
