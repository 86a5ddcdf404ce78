#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"
#include "serving/deployment.h"

namespace gyre::serving {

/// What an endpoint's status says: what users see, and (in members that begin with '_') what it
/// serves and what it is to serve.
struct EndpointState {
    std::string status;                  ///< EndpointStatus
    std::optional<Deployment> deployed;  ///< "_deployed": in service
    std::optional<Deployment> target;    ///< "_target": on its way up
    /// "_shift_began": when the target was up and traffic began to move to it, in epoch ms.
    std::optional<int64_t> shift_began{};
    /// "_rolled": batches of a rolling update that serve; "_rolled_at": since when the last of them
    /// does, in epoch ms; "_going_back": why the old instances come back, "" while they do not;
    /// "_old_back": how many of them are up then, or are to be.
    int rolled = 0;
    int64_t rolled_at = 0;
    std::string going_back{};
    int old_back = 0;
    /// "_unloaded": it has no hosts and takes no predictions until it is loaded again, or updated.
    bool unloaded = false;

    [[nodiscard]] static core::Result<EndpointState> Read(const core::Json& status);
    /// A change in place: other weights or counts of what is deployed.
    [[nodiscard]] bool InPlace() const { return deployed && target && deployed->id == target->id; }
};

/// What is up of a variant now.
struct VariantHealth {
    int hosts = 0;
    std::string trouble{};
    std::vector<std::string> instances{};  ///< the hosts' names: labels of metrics, streams of logs
};
using HealthOf = std::function<VariantHealth(const Deployment&, const DeployedVariant&)>;

/// The members ProductionVariants and PendingDeploymentSummary of DescribeEndpoint; beside AWS's
/// own, each variant's Instances, and the TrafficShare of what is pending.
void DescribeVariants(const EndpointState& state, const HealthOf& health, double share,
                      core::JsonObject& status);

/// How far an update is, forgotten: it is over, or begins.
void ForgetProgress(core::JsonObject& status);
/// The member of the status of an unloaded endpoint that says how many instances each variant had.
inline constexpr std::string_view kUnloaded = "_unloaded";
/// The status of an endpoint that is to be brought to that; it is not unloaded then.
void SetTarget(const Deployment& target, core::JsonObject& status);
/// Has a variant of an endpoint in service run on so many instances. Errors: kFailedPrecondition
/// when it is not in service (any more), is unloaded, or has no such variant.
[[nodiscard]] core::Status SetInstanceCount(catalog::Catalog& catalog, const std::string& endpoint,
                                            const std::string& variant, int count);
/// The status after the target came up: it is deployed and in service.
void Promote(const Deployment& target, core::JsonObject& status);
/// The status after the target did not: Failed, or back to what is deployed.
void GiveUpTarget(const EndpointState& state, const std::string& reason, core::JsonObject& status);

}  // namespace gyre::serving
