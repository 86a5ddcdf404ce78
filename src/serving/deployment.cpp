#include "serving/deployment.h"

#include "core/digest.h"
#include "serving/names.h"

namespace gyre::serving {
namespace {

using core::Json;
using core::JsonArray;
using core::JsonObject;

std::string Text(const Json& json, std::string_view member) {
    return std::string(core::JsonString(json, member).value_or(""));
}

std::map<std::string, std::string> TextMap(const Json* json) {
    std::map<std::string, std::string> map;
    if (json == nullptr || !json->is_object()) return map;
    for (const auto& [name, value] : json->as_object()) {
        if (value.is_string()) map.emplace(name, value.as_string());
    }
    return map;
}

// The one container of a model's document.
const Json* ContainerOf(const Json& document) {
    if (const Json* primary = core::JsonFind(document, "PrimaryContainer")) return primary;
    const Json* list = core::JsonFind(document, "Containers");
    return list != nullptr && !list->as_array().empty() ? &list->as_array()[0] : nullptr;
}

void ReadContainer(const Json& container, DeployedVariant& variant) {
    variant.image = Text(container, "Image");
    variant.environment = TextMap(core::JsonFind(container, "Environment"));
    variant.model_data = Text(container, "ModelDataUrl");
    const Json* source = core::JsonFind(container, "ModelDataSource");
    const Json* s3 = source != nullptr ? core::JsonFind(*source, "S3DataSource") : nullptr;
    if (s3 != nullptr) {
        variant.model_data = Text(*s3, "S3Uri");
        variant.model_data_is_prefix = Text(*s3, "S3DataType") == "S3Prefix";
    }
}

}  // namespace

Json Deployment::ToJson() const {
    JsonArray list;
    for (const DeployedVariant& variant : variants) {
        JsonObject environment;
        for (const auto& [name, value] : variant.environment) environment[name] = value;
        list.push_back(JsonObject{{"name", variant.name},
                                  {"model", variant.model},
                                  {"weight", variant.weight},
                                  {"count", variant.count},
                                  {"shadow", variant.shadow},
                                  {"image", variant.image},
                                  {"model_data", variant.model_data},
                                  {"prefix", variant.model_data_is_prefix},
                                  {"environment", std::move(environment)},
                                  {"load_timeout", variant.load_timeout.count()},
                                  {"directory", variant.directory}});
    }
    JsonObject json{
        {"id", id}, {"config", config}, {"resolved", resolved}, {"variants", std::move(list)}};
    if (!async.is_null()) json["async"] = async;
    if (!capture.is_null()) json["capture"] = capture;
    return json;
}

core::Result<Deployment> Deployment::FromJson(const Json& json) {
    Deployment deployment;
    deployment.id = Text(json, "id");
    deployment.config = Text(json, "config");
    deployment.resolved = core::JsonDouble(json, "resolved").value_or(0);
    const Json* list = core::JsonFind(json, "variants");
    if (list == nullptr || !list->is_array() || deployment.id.empty()) {
        return core::Fail(core::Code::kDataLoss, "a deployment without variants");
    }
    for (const Json& item : list->as_array()) {
        DeployedVariant variant;
        variant.name = Text(item, "name");
        variant.model = Text(item, "model");
        variant.weight = core::JsonDouble(item, "weight").value_or(1);
        variant.count = static_cast<int>(core::JsonInt(item, "count").value_or(1));
        variant.shadow = core::JsonBool(item, "shadow").value_or(false);
        variant.image = Text(item, "image");
        variant.model_data = Text(item, "model_data");
        variant.model_data_is_prefix = core::JsonBool(item, "prefix").value_or(false);
        variant.environment = TextMap(core::JsonFind(item, "environment"));
        variant.load_timeout = core::seconds(core::JsonInt(item, "load_timeout").value_or(0));
        variant.directory = Text(item, "directory");
        deployment.variants.push_back(std::move(variant));
    }
    if (const Json* async = core::JsonFind(json, "async")) deployment.async = *async;
    if (const Json* capture = core::JsonFind(json, "capture")) deployment.capture = *capture;
    return deployment;
}

core::Status CheckHostCount(int64_t hosts) {
    constexpr int64_t kMostHosts = 64;
    if (hosts <= kMostHosts) return {};
    return core::Fail(core::Code::kResourceExhausted, "ResourceLimitExceeded",
                      "The service limit 'instances for one endpoint' is " +
                          std::to_string(kMostHosts) + " Instances, with a request for " +
                          std::to_string(hosts) + " Instances.");
}

core::Result<DeployedVariant> ReadModel(const catalog::Catalog& catalog, const std::string& model,
                                        const std::string& region, const std::string& account) {
    const auto found = catalog.Get(kModelKind, model);
    if (!found) {
        return core::Fail(CouldNotFind("model", SageMakerArn(region, account, "model", model)));
    }
    DeployedVariant variant;
    variant.model = model;
    if (const Json* container = ContainerOf(found->document)) ReadContainer(*container, variant);
    return variant;
}

core::Result<Deployment> ReadDeployment(const catalog::Catalog& catalog, const std::string& config,
                                        const std::string& config_arn, const std::string& region,
                                        const std::string& account) {
    const auto found = catalog.Get(kConfigKind, config);
    if (!found) return core::Fail(CouldNotFind("endpoint configuration", config_arn));
    Deployment deployment;
    deployment.id = core::RandomUuid().substr(0, 8);
    deployment.config = config;
    if (const Json* async = core::JsonFind(found->document, "AsyncInferenceConfig")) {
        deployment.async = *async;
    }
    if (const Json* capture = core::JsonFind(found->document, "DataCaptureConfig")) {
        deployment.capture = *capture;
    }
    const auto read = [&](const Json& item, bool shadow) -> core::Status {
        GYRE_ASSIGN(DeployedVariant variant,
                    ReadModel(catalog, Text(item, "ModelName"), region, account));
        variant.name = Text(item, "VariantName");
        variant.shadow = shadow;
        variant.weight = core::JsonDouble(item, "InitialVariantWeight").value_or(1);
        variant.count = static_cast<int>(core::JsonInt(item, "InitialInstanceCount").value_or(1));
        variant.load_timeout = core::seconds(
            core::JsonInt(item, "ContainerStartupHealthCheckTimeoutInSeconds").value_or(0));
        deployment.variants.push_back(std::move(variant));
        return {};
    };
    for (const Json& item : core::JsonFind(found->document, "ProductionVariants")->as_array()) {
        GYRE_TRY(read(item, false));
    }
    if (const Json* shadows = core::JsonFind(found->document, "ShadowProductionVariants")) {
        for (const Json& item : shadows->as_array()) GYRE_TRY(read(item, true));
    }
    return deployment;
}

}  // namespace gyre::serving
