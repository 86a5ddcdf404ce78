#include <set>

#include "serving/actions.h"
#include "serving/async/async_config.h"
#include "serving/capture/capture_config.h"
#include "serving/deployment.h"
#include "serving/detail/action_support.h"
#include "serving/names.h"

namespace gyre::serving {
namespace {

using core::Json;
using core::JsonArray;
using core::JsonObject;
using core::Result;
using wire::CallContext;

constexpr const char* kArnType = "endpoint-config";

core::Status CheckVariant(const catalog::Catalog& catalog, const CallContext& context,
                          const Json& variant) {
    const std::string name = detail::NameIn(variant, "VariantName");
    GYRE_TRY(detail::RefuseMembers(variant,
                                   {"ServerlessConfig", "CapacityReservationConfig",
                                    "InstancePools", "AcceleratorPartitionLayouts"},
                                   "a production variant"));
    const Json* scaling = core::JsonFind(variant, "ManagedInstanceScaling");
    if (scaling != nullptr && detail::NameIn(*scaling, "Status") != "DISABLED") {
        return core::Fail(detail::NotBuilt("ManagedInstanceScaling of a production variant",
                                           "set InitialInstanceCount"));
    }
    const std::string model = detail::NameIn(variant, "ModelName");
    if (model.empty()) {
        return core::Fail(Validation("The production variant \"" + name + "\" needs a ModelName."));
    }
    if (const auto found = catalog.Get(kModelKind, model); !found) {
        return core::Fail(detail::IfAbsent(
            found.error(), CouldNotFind("model", SageMakerArn(context, "model", model))));
    }
    return {};
}

/// Its answers must be to the same question as the production variant's.
core::Status CheckShadow(const catalog::Catalog& catalog, const Json& shadow) {
    GYRE_ASSIGN(const auto model, catalog.Get(kModelKind, detail::NameIn(shadow, "ModelName")));
    const Json* container = core::JsonFind(model.document, "PrimaryContainer");
    if (container == nullptr) {
        const Json* all = core::JsonFind(model.document, "Containers");
        if (all != nullptr && !all->as_array().empty()) container = &all->as_array()[0];
    }
    const Json* execution = core::JsonFind(model.document, "InferenceExecutionConfig");
    if ((container != nullptr && detail::NameIn(*container, "Mode") == "MultiModel") ||
        (execution != nullptr && detail::NameIn(*execution, "Mode") == "Direct")) {
        return core::Fail(
            Validation("The model of a shadow variant can be neither a multi-model "
                       "one nor one whose containers are invoked directly."));
    }
    return {};
}

core::Status CheckVariants(const catalog::Catalog& catalog, const CallContext& context,
                           const Json& input) {
    std::set<std::string> names;
    double weights = 0;
    int64_t hosts = 0;
    const auto& variants = core::JsonFind(input, "ProductionVariants")->as_array();
    if (const Json* shadows = core::JsonFind(input, "ShadowProductionVariants")) {
        if (variants.size() != 1 || shadows->as_array().size() != 1) {
            return core::Fail(
                Validation("With ShadowProductionVariants there must be exactly one production "
                           "variant and one shadow variant."));
        }
        const Json& shadow = shadows->as_array()[0];
        GYRE_TRY(CheckVariant(catalog, context, shadow));
        GYRE_TRY(CheckShadow(catalog, shadow));
        names.insert(detail::NameIn(shadow, "VariantName"));
        hosts += core::JsonInt(shadow, "InitialInstanceCount").value_or(1);
    }
    for (const Json& variant : variants) {
        GYRE_TRY(CheckVariant(catalog, context, variant));
        const std::string name = detail::NameIn(variant, "VariantName");
        if (!names.insert(name).second) {
            return core::Fail(
                Validation("Variant names must be unique; \"" + name + "\" stands twice."));
        }
        weights += core::JsonDouble(variant, "InitialVariantWeight").value_or(1);
        hosts += core::JsonInt(variant, "InitialInstanceCount").value_or(1);
    }
    if (weights <= 0 && variants.size() > 1) {
        return core::Fail(Validation("At least one InitialVariantWeight must be greater than 0."));
    }
    return CheckHostCount(hosts);
}

core::Status CheckDataCapture(const Json& input) {
    if (const Json* capture = core::JsonFind(input, "DataCaptureConfig")) {
        GYRE_TRY(capture::CaptureConfig::Read(*capture));
    }
    return {};
}

Result<Json> Create(catalog::Catalog& catalog, const CallContext& context, Json input) {
    GYRE_TRY(detail::RefuseMembers(input, {"ExplainerConfig", "CrossRegionTrafficConfig"},
                                   "an endpoint configuration"));
    GYRE_TRY(CheckDataCapture(input));
    GYRE_TRY(CheckVariants(catalog, context, input));
    if (const Json* config = core::JsonFind(input, "AsyncInferenceConfig")) {
        GYRE_TRY(async::AsyncConfig::Read(*config));
    }
    GYRE_ASSIGN(catalog::Tags tags, detail::TagsIn(input));
    const std::string name = detail::NameIn(input, "EndpointConfigName");
    const std::string arn = SageMakerArn(context, kArnType, name);
    input.as_object().erase("Tags");
    const auto created = catalog.Create({.kind = kConfigKind,
                                         .name = name,
                                         .arn = arn,
                                         .document = std::move(input),
                                         .status = JsonObject{{"EndpointConfigArn", arn}}},
                                        std::move(tags));
    if (!created && created.error().code == core::Code::kAlreadyExists) {
        return core::Fail(AlreadyThere("endpoint configuration", arn));
    }
    if (!created) return core::Fail(created.error());
    return JsonObject{{"EndpointConfigArn", arn}};
}

tl::unexpected<core::Error> NotThere(const core::Error& said, const CallContext& context,
                                     const std::string& name) {
    return core::Fail(detail::IfAbsent(
        said, CouldNotFind("endpoint configuration", SageMakerArn(context, kArnType, name))));
}

Result<Json> Describe(const catalog::Catalog& catalog, const CallContext& context,
                      const Json& input) {
    const std::string name = detail::NameIn(input, "EndpointConfigName");
    const auto config = catalog.Get(kConfigKind, name);
    if (!config) return NotThere(config.error(), context, name);
    return detail::DescribeWithTimes(*config, false);
}

Result<Json> List(const catalog::Catalog& catalog, const Json& input) {
    GYRE_ASSIGN(const catalog::ListPage page,
                catalog.List(detail::ListQueryOf(kConfigKind, input)));
    JsonArray items;
    for (const catalog::Resource& config : page.resources) {
        items.push_back(JsonObject{{"EndpointConfigName", config.name},
                                   {"EndpointConfigArn", config.arn},
                                   {"CreationTime", core::EpochSeconds(config.created)}});
    }
    JsonObject output{{"EndpointConfigs", std::move(items)}};
    if (!page.next_token.empty()) output["NextToken"] = page.next_token;
    return output;
}

Result<Json> Delete(catalog::Catalog& catalog, const CallContext& context, const Json& input) {
    const std::string name = detail::NameIn(input, "EndpointConfigName");
    const auto deleted = catalog.Delete(kConfigKind, name);
    if (!deleted && deleted.error().code == core::Code::kNotFound) {
        return NotThere(deleted.error(), context, name);
    }
    if (!deleted) return core::Fail(deleted.error());
    return JsonObject();
}

}  // namespace

void AddEndpointConfigActions(wire::ActionTable& table, catalog::Catalog& catalog) {
    detail::AddAction(table, "CreateEndpointConfig", kArnType, "EndpointConfigName",
                      [&catalog](const CallContext& context, Json input) {
                          return Create(catalog, context, std::move(input));
                      });
    detail::AddAction(table, "DescribeEndpointConfig", kArnType, "EndpointConfigName",
                      [&catalog](const CallContext& context, const Json& input) {
                          return Describe(catalog, context, input);
                      });
    detail::AddAction(
        table, "ListEndpointConfigs", kArnType, "",
        [&catalog](const CallContext&, const Json& input) { return List(catalog, input); });
    detail::AddAction(table, "DeleteEndpointConfig", kArnType, "EndpointConfigName",
                      [&catalog](const CallContext& context, const Json& input) {
                          return Delete(catalog, context, input);
                      });
}

}  // namespace gyre::serving
