#include "serving/endpoint_state.h"

#include <algorithm>

#include "core/utf8.h"
#include "serving/names.h"

namespace gyre::serving {
namespace {

using core::Json;
using core::JsonArray;
using core::JsonObject;

constexpr size_t kLongestReason = 1024;  // of the service model

JsonArray Summaries(const Deployment& current, const Deployment& desired, const HealthOf& health,
                    const char* variant_status, bool shadow = false) {
    JsonArray list;
    for (const DeployedVariant& variant : current.variants) {
        if (variant.shadow != shadow) continue;
        const VariantHealth now = health(current, variant);
        const auto wanted =
            std::ranges::find(desired.variants, variant.name, &DeployedVariant::name);
        const DeployedVariant& desire = wanted == desired.variants.end() ? variant : *wanted;
        JsonObject summary{{"VariantName", variant.name},
                           {"CurrentWeight", variant.weight},
                           {"DesiredWeight", desire.weight},
                           {"CurrentInstanceCount", now.hosts},
                           {"DesiredInstanceCount", desire.count}};
        JsonArray instances;
        for (const std::string& instance : now.instances) instances.push_back(core::Json(instance));
        if (!instances.empty()) summary["Instances"] = std::move(instances);
        JsonArray images;
        const auto add_image = [&](const DeployedContainer& container) {
            if (container.image.empty()) return;
            JsonObject image{{"SpecifiedImage", container.image},
                             {"ResolvedImage", container.image}};
            if (current.resolved > 0) image["ResolutionTime"] = current.resolved;
            images.push_back(std::move(image));
        };
        add_image(variant);
        for (const DeployedContainer& container : variant.further) add_image(container);
        if (!images.empty()) summary["DeployedImages"] = std::move(images);
        if (variant_status != nullptr) {
            summary["VariantStatus"] = JsonArray{JsonObject{{"Status", variant_status}}};
        } else if (now.hosts < variant.count && !now.trouble.empty()) {
            summary["VariantStatus"] = JsonArray{
                JsonObject{{"Status", "Updating"},
                           {"StatusMessage", core::ShortenedInside(now.trouble, kLongestReason)}}};
        }
        list.push_back(std::move(summary));
    }
    return list;
}

std::optional<Deployment> ReadMember(const Json& status, std::string_view member,
                                     core::Status& outcome) {
    const Json* json = core::JsonFind(status, member);
    if (json == nullptr) return std::nullopt;
    auto deployment = Deployment::FromJson(*json);
    if (deployment) return std::move(*deployment);
    outcome = core::Fail(deployment.error());
    return std::nullopt;
}

}  // namespace

core::Result<EndpointState> EndpointState::Read(const Json& status) {
    EndpointState state;
    core::Status outcome;
    state.status = core::JsonString(status, "EndpointStatus").value_or("");
    state.deployed = ReadMember(status, "_deployed", outcome);
    state.target = ReadMember(status, "_target", outcome);
    if (!outcome) return core::Fail(std::move(outcome.error()));
    state.shift_began = core::JsonInt(status, "_shift_began");
    state.rolled = static_cast<int>(core::JsonInt(status, "_rolled").value_or(0));
    state.rolled_at = core::JsonInt(status, "_rolled_at").value_or(0);
    state.going_back = core::JsonString(status, "_going_back").value_or("");
    state.old_back = static_cast<int>(core::JsonInt(status, "_old_back").value_or(0));
    state.unloaded = core::JsonFind(status, kUnloaded) != nullptr;
    return state;
}

void DescribeVariants(const EndpointState& state, const HealthOf& health, double share,
                      JsonObject& status) {
    status.erase("PendingDeploymentSummary");
    status.erase("ShadowProductionVariants");
    if (state.status == "Deleting") return;
    if (state.deployed) {
        const Deployment& desired = state.InPlace() ? *state.target : *state.deployed;
        status["ProductionVariants"] = Summaries(*state.deployed, desired, health, nullptr);
        JsonArray shadows = Summaries(*state.deployed, desired, health, nullptr, true);
        if (!shadows.empty()) status["ShadowProductionVariants"] = std::move(shadows);
        if (state.target && !state.InPlace()) {
            status["PendingDeploymentSummary"] =
                JsonObject{{"EndpointConfigName", state.target->config},
                           {"TrafficShare", share},
                           {"ProductionVariants",
                            Summaries(*state.target, *state.target, health, "Creating")}};
        }
    } else if (state.target) {
        status["ProductionVariants"] = Summaries(*state.target, *state.target, health, "Creating");
    } else {
        status.erase("ProductionVariants");
    }
}

void ForgetProgress(JsonObject& status) {
    for (const char* member :
         {"_shift_began", "_rolled", "_rolled_at", "_going_back", "_old_back"}) {
        status.erase(member);
    }
}

void SetTarget(const Deployment& target, JsonObject& status) {
    status["EndpointStatus"] = "Updating";
    status["_target"] = target.ToJson();
    ForgetProgress(status);
    status.erase("FailureReason");
    status.erase(kUnloaded);
}

core::Status SetInstanceCount(catalog::Catalog& catalog, const std::string& endpoint,
                              const std::string& variant, int count) {
    const auto changed =
        catalog.Update(kEndpointKind, endpoint, [&](catalog::Resource& resource) -> core::Status {
            GYRE_ASSIGN(EndpointState state, EndpointState::Read(resource.status));
            if (state.status == "InService" && state.deployed && !state.unloaded) {
                auto& variants = state.deployed->variants;
                const auto found = std::ranges::find(variants, variant, &DeployedVariant::name);
                if (found != variants.end()) {
                    found->count = count;
                    SetTarget(*state.deployed, resource.status.as_object());
                    return {};
                }
            }
            return core::Fail(core::Code::kFailedPrecondition,
                              "the endpoint is not in service with that variant");
        });
    if (!changed) return core::Fail(changed.error());
    return {};
}

void Promote(const Deployment& target, JsonObject& status) {
    status["_deployed"] = target.ToJson();
    status.erase("_target");
    ForgetProgress(status);
    status.erase("FailureReason");
    status["EndpointConfigName"] = target.config;
    status["EndpointStatus"] = "InService";
}

void GiveUpTarget(const EndpointState& state, const std::string& reason, JsonObject& status) {
    status.erase("_target");
    ForgetProgress(status);
    status["FailureReason"] = core::ShortenedInside(reason, kLongestReason);
    if (!state.deployed) {
        status["EndpointStatus"] = "Failed";
    } else {
        status["EndpointConfigName"] = state.deployed->config;
        status["EndpointStatus"] = "RollingBack";
    }
}

}  // namespace gyre::serving
