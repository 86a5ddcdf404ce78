#include "serving/kserve/model_repository.h"

#include "serving/endpoint_state.h"
#include "serving/names.h"

namespace gyre::serving::kserve {
namespace {

using core::JsonObject;
using core::Status;

/// Calls `change` with what an endpoint in service has deployed and with its status.
template <typename Change>
Status ChangeInService(catalog::Catalog& catalog, const std::string& endpoint, Change change) {
    const auto changed =
        catalog.Update(kEndpointKind, endpoint, [&](catalog::Resource& resource) -> Status {
            GYRE_ASSIGN(EndpointState state, EndpointState::Read(resource.status));
            // Its hosts may still be on their way down.
            const bool settled = state.status == "InService" || state.unloaded;
            if (!settled || !state.deployed) {
                return core::Fail(core::Code::kFailedPrecondition,
                                  "the endpoint's status is " + state.status);
            }
            change(*state.deployed, resource.status.as_object());
            return {};
        });
    if (!changed) return core::Fail(changed.error());
    return {};
}

}  // namespace

Status Unload(catalog::Catalog& catalog, const std::string& endpoint) {
    return ChangeInService(catalog, endpoint, [](Deployment& deployed, JsonObject& status) {
        if (status.contains(kUnloaded)) return;
        JsonObject counts;
        for (DeployedVariant& variant : deployed.variants) {
            counts[variant.name] = variant.count;
            variant.count = 0;
        }
        SetTarget(deployed, status);
        status[kUnloaded] = std::move(counts);
    });
}

Status Load(catalog::Catalog& catalog, const std::string& endpoint) {
    return ChangeInService(catalog, endpoint, [](Deployment& deployed, JsonObject& status) {
        const auto* counts = status.if_contains(kUnloaded);
        if (counts == nullptr) return;
        for (DeployedVariant& variant : deployed.variants) {
            variant.count = static_cast<int>(core::JsonInt(*counts, variant.name).value_or(1));
        }
        SetTarget(deployed, status);
    });
}

}  // namespace gyre::serving::kserve
