#include <algorithm>

#include "serving/actions.h"
#include "serving/capture/capture_config.h"
#include "serving/deployment.h"
#include "serving/detail/action_support.h"
#include "serving/endpoint_state.h"
#include "serving/names.h"
#include "serving/rolling_update.h"
#include "serving/traffic_shift.h"

namespace gyre::serving {
namespace {

using core::Json;
using core::JsonArray;
using core::JsonObject;
using core::Result;
using wire::CallContext;

std::string ArnOf(const CallContext& context, const std::string& name) {
    return SageMakerArn(context, "endpoint", name);
}

Result<Deployment> DeploymentOf(const catalog::Catalog& catalog, const CallContext& context,
                                const Json& input) {
    const std::string config = detail::NameIn(input, "EndpointConfigName");
    return ReadDeployment(catalog, config, SageMakerArn(context, "endpoint-config", config),
                          context.region, context.caller.account);
}

core::Status CheckDeploymentConfig(const Json& input, const Deployment& target) {
    const Json* config = core::JsonFind(input, "DeploymentConfig");
    if (config == nullptr) return {};
    int instances = 0;
    for (const DeployedVariant& variant : target.variants) instances += variant.count;
    GYRE_TRY(TrafficShift::Read(config, instances));
    GYRE_TRY(RollingUpdate::Read(config, instances, instances));
    return {};
}

Result<Json> CreateEndpoint(catalog::Catalog& catalog, const CallContext& context, Json input) {
    GYRE_ASSIGN(const Deployment target, DeploymentOf(catalog, context, input));
    GYRE_TRY(CheckDeploymentConfig(input, target));
    GYRE_ASSIGN(catalog::Tags tags, detail::TagsIn(input));
    const std::string name = detail::NameIn(input, "EndpointName");
    const std::string arn = ArnOf(context, name);
    input.as_object().erase("Tags");
    const auto created = catalog.Create({.kind = kEndpointKind,
                                         .name = name,
                                         .arn = arn,
                                         .document = std::move(input),
                                         .status = JsonObject{{"EndpointArn", arn},
                                                              {"EndpointStatus", "Creating"},
                                                              {"_target", target.ToJson()}}},
                                        std::move(tags));
    if (!created && created.error().code == core::Code::kAlreadyExists) {
        return core::Fail(AlreadyThere("endpoint", arn));
    }
    if (!created) return core::Fail(created.error());
    return JsonObject{{"EndpointArn", arn}};
}

Result<Json> DescribeEndpoint(const catalog::Catalog& catalog, const CallContext& context,
                              const Json& input) {
    const std::string name = detail::NameIn(input, "EndpointName");
    const auto endpoint = catalog.Get(kEndpointKind, name);
    if (!endpoint) {
        return core::Fail(
            detail::IfAbsent(endpoint.error(), CouldNotFind("endpoint", ArnOf(context, name))));
    }
    JsonObject described = detail::DescribeWithTimes(*endpoint, true);
    described.erase("DeploymentConfig");
    if (const Json* last = core::JsonFind(endpoint->document, "DeploymentConfig")) {
        described["LastDeploymentConfig"] = *last;
    }
    GYRE_ASSIGN(const EndpointState state, EndpointState::Read(endpoint->status));
    if (state.deployed && !state.deployed->capture.is_null()) {
        described["DataCaptureConfig"] = capture::CaptureSummary(state.deployed->capture);
    }
    return described;
}

Result<Json> ListEndpoints(const catalog::Catalog& catalog, const Json& input) {
    GYRE_ASSIGN(const catalog::ListPage page,
                catalog.List(detail::ListQueryOf(kEndpointKind, input, "EndpointStatus")));
    JsonArray items;
    for (const catalog::Resource& endpoint : page.resources) {
        items.push_back(
            JsonObject{{"EndpointName", endpoint.name},
                       {"EndpointArn", endpoint.arn},
                       {"CreationTime", core::EpochSeconds(endpoint.created)},
                       {"LastModifiedTime", core::EpochSeconds(endpoint.modified)},
                       {"EndpointStatus", detail::NameIn(endpoint.status, "EndpointStatus")}});
    }
    JsonObject output{{"Endpoints", std::move(items)}};
    if (!page.next_token.empty()) output["NextToken"] = page.next_token;
    return output;
}

// Changes an endpoint that is not on its way already.
Result<Json> Change(catalog::Catalog& catalog, const CallContext& context, const std::string& name,
                    const std::function<core::Status(catalog::Resource&)>& change) {
    const std::string arn = ArnOf(context, name);
    const auto changed =
        catalog.Update(kEndpointKind, name, [&](catalog::Resource& endpoint) -> core::Status {
            const std::string status = detail::NameIn(endpoint.status, "EndpointStatus");
            if (status != "InService" && status != "Failed") {
                return core::Fail(
                    Validation("Cannot update in-progress endpoint \"" + arn + "\"."));
            }
            return change(endpoint);
        });
    if (!changed && changed.error().code == core::Code::kNotFound) {
        return core::Fail(CouldNotFind("endpoint", arn));
    }
    if (!changed) return core::Fail(changed.error());
    return JsonObject{{"EndpointArn", arn}};
}

// Weights and counts as they are now, but for what ExcludeRetainedVariantProperties names.
core::Status RetainProperties(const Json& input, const catalog::Resource& endpoint,
                              Deployment& target) {
    if (!core::JsonBool(input, "RetainAllVariantProperties").value_or(false)) return {};
    bool weights = true;
    bool counts = true;
    if (const Json* excluded = core::JsonFind(input, "ExcludeRetainedVariantProperties")) {
        for (const Json& property : excluded->as_array()) {
            const std::string type = detail::NameIn(property, "VariantPropertyType");
            if (type == "DesiredWeight") weights = false;
            if (type == "DesiredInstanceCount") counts = false;
        }
    }
    GYRE_ASSIGN(const EndpointState state, EndpointState::Read(endpoint.status));
    if (!state.deployed) return {};
    for (const DeployedVariant& old : state.deployed->variants) {
        const auto variant = std::ranges::find(target.variants, old.name, &DeployedVariant::name);
        if (variant == target.variants.end()) continue;
        if (weights) variant->weight = old.weight;
        if (counts) variant->count = old.count;
    }
    return {};
}

Result<Json> UpdateEndpoint(catalog::Catalog& catalog, const CallContext& context,
                            const Json& input) {
    GYRE_ASSIGN(Deployment target, DeploymentOf(catalog, context, input));
    return Change(catalog, context, detail::NameIn(input, "EndpointName"),
                  [&](catalog::Resource& endpoint) -> core::Status {
                      GYRE_TRY(RetainProperties(input, endpoint, target));
                      SetTarget(target, endpoint.status.as_object());
                      if (const Json* config = core::JsonFind(input, "DeploymentConfig")) {
                          endpoint.document.as_object()["DeploymentConfig"] = *config;
                      } else if (!core::JsonBool(input, "RetainDeploymentConfig").value_or(false)) {
                          endpoint.document.as_object().erase("DeploymentConfig");
                      }
                      // One that is kept may make no sense for the new fleet's size.
                      return CheckDeploymentConfig(endpoint.document, target);
                  });
}

core::Status ApplyDesired(const Json& desired, Deployment& deployment) {
    GYRE_TRY(
        detail::RefuseMembers(desired, {"ServerlessUpdateConfig"}, "DesiredWeightsAndCapacities"));
    const std::string name = detail::NameIn(desired, "VariantName");
    const auto variant = std::ranges::find(deployment.variants, name, &DeployedVariant::name);
    if (variant == deployment.variants.end()) {
        return core::Fail(Validation("The endpoint has no variant \"" + name + "\"."));
    }
    variant->weight = core::JsonDouble(desired, "DesiredWeight").value_or(variant->weight);
    const int64_t count = core::JsonInt(desired, "DesiredInstanceCount").value_or(variant->count);
    // None at all: who asks waits, until somebody (the Scaler, say) brings it back.
    if (count < 0) {
        return core::Fail(Validation("DesiredInstanceCount of the variant \"" + name +
                                     "\" must not be negative."));
    }
    GYRE_TRY(CheckHostCount(count));
    variant->count = static_cast<int>(count);
    return {};
}

Result<Json> UpdateWeights(catalog::Catalog& catalog, const CallContext& context,
                           const Json& input) {
    return Change(
        catalog, context, detail::NameIn(input, "EndpointName"),
        [&](catalog::Resource& endpoint) -> core::Status {
            GYRE_ASSIGN(EndpointState state, EndpointState::Read(endpoint.status));
            if (!state.deployed) {
                return core::Fail(Validation("The endpoint has never been in service."));
            }
            for (const Json& desired :
                 core::JsonFind(input, "DesiredWeightsAndCapacities")->as_array()) {
                GYRE_TRY(ApplyDesired(desired, *state.deployed));
            }
            double weights = 0;
            int64_t hosts = 0;
            for (const DeployedVariant& variant : state.deployed->variants) {
                weights += variant.shadow ? 0 : variant.weight;
                hosts += variant.count;
            }
            if (weights <= 0 && state.deployed->variants.size() > 1) {
                return core::Fail(Validation("At least one weight must be greater than 0."));
            }
            GYRE_TRY(CheckHostCount(hosts));
            SetTarget(*state.deployed, endpoint.status.as_object());
            return {};
        });
}

Result<Json> DeleteEndpoint(catalog::Catalog& catalog, const CallContext& context,
                            const Json& input) {
    const std::string name = detail::NameIn(input, "EndpointName");
    const auto changed =
        catalog.Update(kEndpointKind, name, [&](catalog::Resource& endpoint) -> core::Status {
            endpoint.status.as_object()["EndpointStatus"] = "Deleting";
            return {};
        });
    if (!changed && changed.error().code == core::Code::kNotFound) {
        return core::Fail(CouldNotFind("endpoint", ArnOf(context, name)));
    }
    if (!changed) return core::Fail(changed.error());
    return JsonObject();
}

}  // namespace

void AddEndpointActions(wire::ActionTable& table, catalog::Catalog& catalog) {
    const auto add = [&](const std::string& operation, auto handler) {
        detail::AddAction(table, operation, "endpoint", "EndpointName",
                          [&catalog, handler](const CallContext& context, Json input) {
                              return handler(catalog, context, std::move(input));
                          });
    };
    add("CreateEndpoint", CreateEndpoint);
    add("DescribeEndpoint", DescribeEndpoint);
    add("UpdateEndpoint", UpdateEndpoint);
    add("UpdateEndpointWeightsAndCapacities", UpdateWeights);
    add("DeleteEndpoint", DeleteEndpoint);
    detail::AddAction(table, "ListEndpoints", "endpoint", "",
                      [&catalog](const CallContext&, const Json& input) {
                          return ListEndpoints(catalog, input);
                      });
}

}  // namespace gyre::serving
