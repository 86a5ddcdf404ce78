#include <set>

#include "serving/actions.h"
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

core::Status CheckVariants(const catalog::Catalog& catalog, const CallContext& context,
                           const Json& input) {
    std::set<std::string> names;
    for (const Json& variant : core::JsonFind(input, "ProductionVariants")->as_array()) {
        GYRE_TRY(detail::RefuseMembers(
            variant, {"ServerlessConfig", "InferenceAmiVersion", "CapacityReservationConfig"},
            "a production variant"));
        const std::string name = detail::NameIn(variant, "VariantName");
        if (!names.insert(name).second) {
            return core::Fail(
                Validation("Variant names must be unique; \"" + name + "\" stands twice."));
        }
        const std::string model = detail::NameIn(variant, "ModelName");
        if (model.empty()) {
            return core::Fail(
                Validation("The production variant \"" + name + "\" needs a ModelName."));
        }
        if (!catalog.Get(kModelKind, model)) {
            return core::Fail(CouldNotFind("model", SageMakerArn(context, "model", model)));
        }
    }
    return {};
}

Result<Json> Create(catalog::Catalog& catalog, const CallContext& context, Json input) {
    GYRE_TRY(detail::RefuseMembers(
        input, {"AsyncInferenceConfig", "ShadowProductionVariants", "ExplainerConfig"},
        "an endpoint configuration"));
    GYRE_TRY(CheckVariants(catalog, context, input));
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

tl::unexpected<core::Error> NotThere(const CallContext& context, const std::string& name) {
    return core::Fail(
        CouldNotFind("endpoint configuration", SageMakerArn(context, kArnType, name)));
}

Result<Json> Describe(const catalog::Catalog& catalog, const CallContext& context,
                      const Json& input) {
    const std::string name = detail::NameIn(input, "EndpointConfigName");
    const auto config = catalog.Get(kConfigKind, name);
    if (!config) return NotThere(context, name);
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
    if (!deleted && deleted.error().code == core::Code::kNotFound) return NotThere(context, name);
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
