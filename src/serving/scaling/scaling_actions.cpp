#include "serving/scaling/scaling_actions.h"

#include <boost/json.hpp>

#include <algorithm>

#include "core/digest.h"
#include "serving/detail/action_support.h"
#include "serving/endpoint_state.h"
#include "serving/names.h"
#include "serving/scaling/target_tracking.h"

namespace gyre::serving::scaling {
namespace {

using core::Json;
using core::JsonArray;
using core::JsonObject;
using core::Result;
using detail::NameIn;
using wire::CallContext;

constexpr const char* kDimension = "sagemaker:variant:DesiredInstanceCount";
constexpr int kMostListed = 1000;

core::Error NotFound(const std::string& what) {
    return {core::Code::kNotFound, "ObjectNotFoundException", what};
}

/// The variant that the input names. Errors: for all other services' resources.
Result<ScaledVariant> VariantIn(const Json& input) {
    if (NameIn(input, "ServiceNamespace") != "sagemaker" ||
        NameIn(input, "ScalableDimension") != kDimension) {
        return core::Fail(detail::NotBuilt(
            "Scaling of " + NameIn(input, "ScalableDimension"),
            std::string("the service namespace is sagemaker, the dimension ") + kDimension));
    }
    auto variant = ScaledVariant::Parse(NameIn(input, "ResourceId"));
    if (variant) return *variant;
    return core::Fail(Validation("Unsupported resource ID \"" + NameIn(input, "ResourceId") +
                                 "\": it is endpoint/NAME/variant/NAME."));
}

std::string TargetName(const Json& input) {
    return NameIn(input, "ResourceId") + "|" + NameIn(input, "ScalableDimension");
}

std::string PolicyName(const Json& input) {
    return TargetName(input) + "|" + NameIn(input, "PolicyName");
}

core::Status CheckVariant(const catalog::Catalog& catalog, const Json& input,
                          const ScaledVariant& scaled) {
    const auto endpoint = catalog.Get(kEndpointKind, scaled.endpoint);
    if (!endpoint && endpoint.error().code != core::Code::kNotFound) {
        return core::Fail(endpoint.error());
    }
    if (endpoint) {
        GYRE_ASSIGN(const EndpointState state, EndpointState::Read(endpoint->status));
        for (const auto& deployment : {state.deployed, state.target}) {
            if (!deployment) continue;
            for (const DeployedVariant& variant : deployment->variants) {
                if (variant.name == scaled.variant && !variant.shadow) return {};
            }
        }
    }
    return core::Fail(
        Validation("No production variant found for resource ID: " + NameIn(input, "ResourceId")));
}

core::Status CheckCapacities(const Json& target) {
    const auto least = core::JsonInt(target, "MinCapacity");
    const auto most = core::JsonInt(target, "MaxCapacity");
    if (!least || !most) {
        return core::Fail(Validation("A new scalable target needs MinCapacity and MaxCapacity."));
    }
    if (*least < 0 || *most < *least) {
        return core::Fail(
            Validation("MinCapacity must not be negative, and MaxCapacity not less "
                       "than MinCapacity."));
    }
    return CheckHostCount(*most);
}

Result<Json> Register(catalog::Catalog& catalog, const CallContext& context, Json input) {
    GYRE_ASSIGN(const ScaledVariant scaled, VariantIn(input));
    GYRE_TRY(CheckVariant(catalog, input, scaled));
    const std::string name = TargetName(input);
    const std::string arn = "arn:aws:application-autoscaling:" + context.region + ":" +
                            context.caller.account + ":scalable-target/" +
                            core::HexEncode(core::Sha256(name)).substr(0, 32);
    GYRE_ASSIGN(catalog::Tags tags, [&]() -> Result<catalog::Tags> {
        catalog::Tags all;
        if (const Json* given = core::JsonFind(input, "Tags")) {
            for (const auto& [key, value] : given->as_object()) all[key] = value.as_string();
        }
        return all;
    }());
    input.as_object().erase("Tags");
    const auto changed =
        catalog.Update(kTargetKind, name, [&](catalog::Resource& target) -> core::Status {
            for (const auto& [member, value] : input.as_object()) {
                target.document.as_object()[member] = value;
            }
            return CheckCapacities(target.document);
        });
    if (changed) return JsonObject{{"ScalableTargetARN", arn}};
    if (changed.error().code != core::Code::kNotFound) return core::Fail(changed.error());
    GYRE_TRY(CheckCapacities(input));
    if (core::JsonFind(input, "RoleARN") == nullptr) {
        input.as_object()["RoleARN"] =
            "arn:aws:iam::" + context.caller.account +
            ":role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/"
            "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint";
    }
    GYRE_TRY(catalog.Create({.kind = kTargetKind,
                             .name = name,
                             .arn = arn,
                             .document = std::move(input),
                             .status = JsonObject{{"ScalableTargetARN", arn}}},
                            std::move(tags)));
    return JsonObject{{"ScalableTargetARN", arn}};
}

/// Those of the kind that the input's members choose.
Result<std::vector<catalog::Resource>> Chosen(const catalog::Catalog& catalog,
                                              const catalog::Kind& kind, const Json& input,
                                              const char* names_member, const char* name_of) {
    catalog::ListQuery query;
    query.kind = kind;
    query.sort_by = catalog::ListQuery::SortBy::kName;
    query.descending = false;
    query.limit = kMostListed;
    GYRE_ASSIGN(catalog::ListPage page, catalog.List(query));
    const Json* names = core::JsonFind(input, names_member);
    std::erase_if(page.resources, [&](const catalog::Resource& one) {
        for (const char* member : {"ServiceNamespace", "ResourceId", "ScalableDimension"}) {
            const std::string wanted = NameIn(input, member);
            if (!wanted.empty() && wanted != NameIn(one.document, member)) return true;
        }
        if (names == nullptr || names->as_array().empty()) return false;
        const std::string name = NameIn(one.document, name_of);
        return std::ranges::none_of(names->as_array(),
                                    [&](const Json& wanted) { return wanted.as_string() == name; });
    });
    return std::move(page.resources);
}

Result<Json> DescribeTargets(const catalog::Catalog& catalog, const Json& input) {
    GYRE_ASSIGN(const auto targets,
                Chosen(catalog, kTargetKind, input, "ResourceIds", "ResourceId"));
    JsonArray list;
    for (const catalog::Resource& target : targets) {
        JsonObject one = catalog::Describe(target).as_object();
        one["CreationTime"] = core::EpochSeconds(target.created);
        list.push_back(std::move(one));
    }
    return JsonObject{{"ScalableTargets", std::move(list)}};
}

Result<Json> Deregister(catalog::Catalog& catalog, const Json& input) {
    const std::string name = TargetName(input);
    GYRE_ASSIGN(const auto policies, Chosen(catalog, kPolicyKind, input, "", ""));
    const auto deleted = catalog.Delete(kTargetKind, name);
    if (!deleted && deleted.error().code == core::Code::kNotFound) {
        return core::Fail(
            NotFound("No scalable target found for resource ID: " + NameIn(input, "ResourceId")));
    }
    if (!deleted) return core::Fail(deleted.error());
    for (const catalog::Resource& policy : policies) {
        const auto gone = catalog.Delete(kPolicyKind, policy.name);
        if (!gone && gone.error().code != core::Code::kNotFound) return core::Fail(gone.error());
    }
    return JsonObject();
}

Result<Json> PutPolicy(catalog::Catalog& catalog, const CallContext& context, Json input) {
    GYRE_ASSIGN(const ScaledVariant scaled, VariantIn(input));
    const auto target = catalog.Get(kTargetKind, TargetName(input));
    if (!target) {
        return core::Fail(detail::IfAbsent(
            target.error(), NotFound("No scalable target registered for resource ID: " +
                                     NameIn(input, "ResourceId"))));
    }
    const std::string type = NameIn(input, "PolicyType");
    const Json* configuration = core::JsonFind(input, "TargetTrackingScalingPolicyConfiguration");
    if (type != "TargetTrackingScaling") {
        return core::Fail(
            detail::NotBuilt("The scaling policy type " + (type.empty() ? "StepScaling" : type),
                             "use TargetTrackingScaling"));
    }
    if (configuration == nullptr) {
        return core::Fail(
            Validation("A policy of the type TargetTrackingScaling needs a "
                       "TargetTrackingScalingPolicyConfiguration."));
    }
    GYRE_TRY(TargetTracking::Read(*configuration, scaled));
    const std::string name = PolicyName(input);
    const std::string arn = "arn:aws:autoscaling:" + context.region + ":" + context.caller.account +
                            ":scalingPolicy:" + core::HexEncode(core::Sha256(name)).substr(0, 32) +
                            ":resource/sagemaker/" + NameIn(input, "ResourceId") + ":policyName/" +
                            NameIn(input, "PolicyName");
    Json answer = JsonObject{{"PolicyARN", arn}, {"Alarms", JsonArray{}}};
    const auto changed =
        catalog.Update(kPolicyKind, name, [&](catalog::Resource& policy) -> core::Status {
            policy.document = input;
            return {};
        });
    if (changed) return answer;
    if (changed.error().code != core::Code::kNotFound) return core::Fail(changed.error());
    GYRE_TRY(catalog.Create({.kind = kPolicyKind,
                             .name = name,
                             .arn = arn,
                             .document = std::move(input),
                             .status = JsonObject{{"PolicyARN", arn}}},
                            {}));
    return answer;
}

Result<Json> DescribePolicies(const catalog::Catalog& catalog, const Json& input) {
    GYRE_ASSIGN(const auto policies,
                Chosen(catalog, kPolicyKind, input, "PolicyNames", "PolicyName"));
    JsonArray list;
    for (const catalog::Resource& policy : policies) {
        JsonObject one = catalog::Describe(policy).as_object();
        one["CreationTime"] = core::EpochSeconds(policy.created);
        list.push_back(std::move(one));
    }
    return JsonObject{{"ScalingPolicies", std::move(list)}};
}

Result<Json> DeletePolicy(catalog::Catalog& catalog, const Json& input) {
    const auto deleted = catalog.Delete(kPolicyKind, PolicyName(input));
    if (!deleted && deleted.error().code == core::Code::kNotFound) {
        return core::Fail(
            NotFound("No scaling policy found for name: " + NameIn(input, "PolicyName")));
    }
    if (!deleted) return core::Fail(deleted.error());
    return JsonObject();
}

Result<Json> DescribeActivities(const catalog::Catalog& catalog, const Json& input) {
    GYRE_ASSIGN(const auto targets, Chosen(catalog, kTargetKind, input, "", ""));
    JsonArray list;
    for (const catalog::Resource& target : targets) {
        const Json* activities = core::JsonFind(target.status, kActivities);
        if (activities == nullptr) continue;
        for (const Json& activity : activities->as_array()) list.push_back(activity);
    }
    std::ranges::stable_sort(list, [](const Json& a, const Json& b) {
        return core::JsonDouble(a, "StartTime").value_or(0) >
               core::JsonDouble(b, "StartTime").value_or(0);
    });
    return JsonObject{{"ScalingActivities", std::move(list)}};
}

}  // namespace

void AddScalingActions(wire::ActionTable& table, catalog::Catalog& catalog) {
    const auto add = [&](const char* operation, auto handler) {
        table.Add({.service = "application-autoscaling",
                   .operation = operation,
                   .permission = std::string("application-autoscaling:") + operation,
                   .document = std::move(handler)});
    };
    add("RegisterScalableTarget", [&catalog](const CallContext& context, Json input) {
        return Register(catalog, context, std::move(input));
    });
    add("DeregisterScalableTarget",
        [&catalog](const CallContext&, const Json& input) { return Deregister(catalog, input); });
    add("DescribeScalableTargets", [&catalog](const CallContext&, const Json& input) {
        return DescribeTargets(catalog, input);
    });
    add("PutScalingPolicy", [&catalog](const CallContext& context, Json input) {
        return PutPolicy(catalog, context, std::move(input));
    });
    add("DeleteScalingPolicy",
        [&catalog](const CallContext&, const Json& input) { return DeletePolicy(catalog, input); });
    add("DescribeScalingPolicies", [&catalog](const CallContext&, const Json& input) {
        return DescribePolicies(catalog, input);
    });
    add("DescribeScalingActivities", [&catalog](const CallContext&, const Json& input) {
        return DescribeActivities(catalog, input);
    });
}

}  // namespace gyre::serving::scaling
