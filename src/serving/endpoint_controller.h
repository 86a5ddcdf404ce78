#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "core/guarded.h"
#include "jobs/controller.h"
#include "serving/capture/capture_writer.h"
#include "serving/endpoint_state.h"
#include "serving/fleet.h"
#include "serving/rolling_update.h"
#include "serving/router.h"
#include "serving/shadow/shadow_judge.h"
#include "serving/traffic_shift.h"
#include "telemetry/alarm_actions.h"

namespace gyre::serving {

/// Brings endpoints to what is wanted of them: starts the hosts of a new deployment beside those
/// that serve, puts it in their place once all are up, goes back when one does not come up, keeps
/// hosts alive, and clears away what belonged to a deleted endpoint.
class EndpointController final : public jobs::Controller {
  public:
    using Wake = std::function<void(const std::string& endpoint)>;

    /// What endpoints may have beside their hosts.
    struct Company {
        const telemetry::Alarms* alarms = nullptr;        ///< that updates are rolled back on
        std::shared_ptr<capture::CaptureWriter> capture;  ///< null: nothing is captured
        std::shared_ptr<shadow::ShadowJudge> judge;       ///< null: shadows get nothing
    };

    /// All that is referred to outlives it; `wake` is called from any thread.
    EndpointController(catalog::Catalog& catalog, Router& router,
                       const FleetEnvironment& environment, Wake wake, Company company);
    ~EndpointController() override;

    /// Before the first step: makes all endpoints known to the router, so that those in service are
    /// waited for and not unknown.
    [[nodiscard]] core::Status AnnounceAll();

    [[nodiscard]] catalog::Kind Kind() const override;
    [[nodiscard]] core::Result<std::optional<core::milliseconds>> Reconcile(
        const std::string& name) override;
    /// Hosts and routes of this server's own, as the driver's status has them.
    [[nodiscard]] core::Result<std::optional<core::milliseconds>> Follow(
        const std::string& name) override;
    [[nodiscard]] core::Result<bool> Settled(const std::string& name) override;

    /// The connections of all hosts that serve. Thread-safe.
    [[nodiscard]] std::vector<std::shared_ptr<HostLink>> Links() const;
    /// Removes the models that no endpoint uses and no fleet holds. Thread-safe.
    void SweepModels();
    /// Begins to stop all hosts, which the fleets' pool finishes; when no step runs any more. May
    /// be called twice.
    void StopHosts();

  private:
    /// Of one endpoint, for as long as the program runs.
    struct Live {
        std::unique_ptr<Fleet> fleet;
        std::shared_ptr<multi_model::ModelShelf> shelf;  ///< of its multi-model variants
        core::SteadyTime tended{};                       ///< when these were looked at
        /// The last deployment that was in service with all of its hosts up here.
        std::optional<Deployment> standing;
        std::string published;  ///< what the route was made of
        uint64_t table = 0;     ///< the number of its routes
        bool sweep = true;      ///< models may have fallen out of use
        core::Guarded<std::vector<std::shared_ptr<HostLink>>> links;
    };

    [[nodiscard]] std::shared_ptr<Live> LiveOf(const std::string& name);
    [[nodiscard]] core::Result<std::optional<core::milliseconds>> Step(const std::string& name,
                                                                       bool drives);
    [[nodiscard]] core::Result<std::optional<core::milliseconds>> Gone(const std::string& name);
    [[nodiscard]] core::Result<std::optional<core::milliseconds>> Delete(const std::string& name,
                                                                         bool drives);
    /// `share`: of the traffic that goes to the target.
    void Publish(const std::string& name, const EndpointState& state, Live& live, double share);
    /// What the endpoint has of multi-model variants; when to come again, nullopt where it has
    /// none.
    [[nodiscard]] std::optional<core::milliseconds> TendModels(const std::string& name,
                                                               const EndpointState& state,
                                                               Live& live);
    /// When to judge again for what no fleet wakes us for.
    [[nodiscard]] core::Result<std::optional<core::milliseconds>> Judge(
        const catalog::Resource& endpoint, const EndpointState& state, Live& live);
    [[nodiscard]] core::Status BringOut(const std::string& name, const EndpointState& state,
                                        Live& live, const HealthOf& health);
    [[nodiscard]] core::Status RollBack(const std::string& name, const EndpointState& state,
                                        Live& live, const std::string& reason);
    /// Why the traffic must go back; "" when nothing is wrong.
    [[nodiscard]] std::string AlarmOf(const TrafficShift& shift) const;
    [[nodiscard]] core::Result<TrafficShift> ShiftOf(const catalog::Resource& endpoint,
                                                     const EndpointState& state) const;
    [[nodiscard]] double ShareNow(const catalog::Resource& endpoint, const EndpointState& state,
                                  const Fleet& fleet) const;
    /// Where the update replaces instances batch by batch.
    [[nodiscard]] core::Result<std::optional<RollingUpdate>> RollingOf(
        const catalog::Resource& endpoint, const EndpointState& state) const;
    /// What hosts are wanted now.
    [[nodiscard]] core::Result<std::vector<Deployment>> HostsFor(const catalog::Resource& endpoint,
                                                                 const EndpointState& state,
                                                                 const Live& live) const;
    /// When to come again; nullopt where the update is over.
    [[nodiscard]] core::Result<std::optional<core::milliseconds>> JudgeRolling(
        const catalog::Resource& endpoint, const EndpointState& state, Live& live,
        const RollingUpdate& rolling, const HealthOf& health);
    [[nodiscard]] core::Status GoBack(const std::string& name, const EndpointState& state,
                                      Live& live, const std::string& reason,
                                      const RollingUpdate& rolling);
    /// Since a moment in epoch ms.
    [[nodiscard]] core::milliseconds Since(int64_t moment) const;
    [[nodiscard]] core::milliseconds SinceUp(const EndpointState& state) const {
        return Since(state.shift_began.value_or(0));
    }
    /// Changes the status unless somebody changed what is wanted since it was read.
    [[nodiscard]] core::Status Write(const std::string& name, const EndpointState& read,
                                     const std::function<void(core::JsonObject&)>& change);

    catalog::Catalog& catalog_;
    Router& router_;
    const FleetEnvironment& environment_;
    const Wake wake_;
    const Company company_;
    core::Guarded<std::map<std::string, std::shared_ptr<Live>>> live_;
};

}  // namespace gyre::serving
