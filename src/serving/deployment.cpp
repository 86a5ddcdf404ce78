#include "serving/deployment.h"

#include "core/digest.h"
#include "serving/detail/action_support.h"
#include "serving/names.h"

namespace gyre::serving {
namespace {

using core::Json;
using core::JsonArray;
using core::JsonObject;

std::map<std::string, std::string> TextMap(const Json* json) {
    std::map<std::string, std::string> map;
    if (json == nullptr || !json->is_object()) return map;
    for (const auto& [name, value] : json->as_object()) {
        if (value.is_string()) map.emplace(name, value.as_string());
    }
    return map;
}

// The containers of a model's document, in their order.
std::vector<const Json*> ContainersOf(const Json& document) {
    if (const Json* primary = core::JsonFind(document, "PrimaryContainer")) return {primary};
    std::vector<const Json*> containers;
    if (const Json* list = core::JsonFind(document, "Containers")) {
        for (const Json& container : list->as_array()) containers.push_back(&container);
    }
    return containers;
}

DeployedContainer ReadContainer(const Json& json) {
    DeployedContainer container;
    container.image = core::JsonStringOr(json, "Image");
    container.environment = TextMap(core::JsonFind(json, "Environment"));
    container.hostname = core::JsonStringOr(json, "ContainerHostname");
    container.model_data = core::JsonStringOr(json, "ModelDataUrl");
    const Json* source = core::JsonFind(json, "ModelDataSource");
    const Json* s3 = source != nullptr ? core::JsonFind(*source, "S3DataSource") : nullptr;
    if (s3 != nullptr) {
        container.model_data = core::JsonStringOr(*s3, "S3Uri");
        container.model_data_is_prefix = core::JsonStringOr(*s3, "S3DataType") == "S3Prefix";
    }
    return container;
}

JsonObject ContainerJson(const DeployedContainer& container) {
    JsonObject environment;
    for (const auto& [name, value] : container.environment) environment[name] = value;
    return {{"image", container.image},
            {"model_data", container.model_data},
            {"prefix", container.model_data_is_prefix},
            {"environment", std::move(environment)},
            {"hostname", container.hostname},
            {"directory", container.directory}};
}

void ReadContainerJson(const Json& json, DeployedContainer& container) {
    container.image = core::JsonStringOr(json, "image");
    container.model_data = core::JsonStringOr(json, "model_data");
    container.model_data_is_prefix = core::JsonBool(json, "prefix").value_or(false);
    container.environment = TextMap(core::JsonFind(json, "environment"));
    container.hostname = core::JsonStringOr(json, "hostname");
    container.directory = core::JsonStringOr(json, "directory");
}

}  // namespace

Json Deployment::ToJson() const {
    JsonArray list;
    for (const DeployedVariant& variant : variants) {
        JsonObject one = ContainerJson(variant);
        one["name"] = variant.name;
        one["model"] = variant.model;
        one["weight"] = variant.weight;
        one["count"] = variant.count;
        one["load_timeout"] = variant.load_timeout.count();
        if (variant.shadow) one["shadow"] = true;
        if (variant.direct) one["direct"] = true;
        if (variant.multi_model) one["multi_model"] = true;
        if (!variant.keep_models) one["keep_models"] = false;
        JsonArray further;
        for (const DeployedContainer& container : variant.further) {
            further.push_back(ContainerJson(container));
        }
        if (!further.empty()) one["further"] = std::move(further);
        list.push_back(std::move(one));
    }
    JsonObject json{
        {"id", id}, {"config", config}, {"resolved", resolved}, {"variants", std::move(list)}};
    if (!async.is_null()) json["async"] = async;
    if (!capture.is_null()) json["capture"] = capture;
    return json;
}

core::Result<Deployment> Deployment::FromJson(const Json& json) {
    Deployment deployment;
    deployment.id = core::JsonStringOr(json, "id");
    deployment.config = core::JsonStringOr(json, "config");
    deployment.resolved = core::JsonDouble(json, "resolved").value_or(0);
    const Json* list = core::JsonFind(json, "variants");
    if (list == nullptr || !list->is_array() || deployment.id.empty()) {
        return core::Fail(core::Code::kDataLoss, "a deployment without variants");
    }
    for (const Json& item : list->as_array()) {
        DeployedVariant variant;
        variant.name = core::JsonStringOr(item, "name");
        variant.model = core::JsonStringOr(item, "model");
        variant.weight = core::JsonDouble(item, "weight").value_or(1);
        variant.count = static_cast<int>(core::JsonInt(item, "count").value_or(1));
        ReadContainerJson(item, variant);
        variant.load_timeout = core::seconds(core::JsonInt(item, "load_timeout").value_or(0));
        variant.shadow = core::JsonBool(item, "shadow").value_or(false);
        variant.direct = core::JsonBool(item, "direct").value_or(false);
        variant.multi_model = core::JsonBool(item, "multi_model").value_or(false);
        variant.keep_models = core::JsonBool(item, "keep_models").value_or(true);
        if (const Json* further = core::JsonFind(item, "further")) {
            for (const Json& container : further->as_array()) {
                ReadContainerJson(container, variant.further.emplace_back());
            }
        }
        deployment.variants.push_back(std::move(variant));
    }
    if (const Json* async = core::JsonFind(json, "async")) deployment.async = *async;
    if (const Json* capture = core::JsonFind(json, "capture")) deployment.capture = *capture;
    return deployment;
}

std::string HostGroup(const DeployedVariant& variant, size_t container) {
    return container == 0 ? variant.name : variant.name + "/" + std::to_string(container + 1);
}

Deployment Deployment::ByContainer() const {
    Deployment all = *this;
    all.variants.clear();
    for (const DeployedVariant& variant : variants) {
        if (variant.multi_model) continue;
        DeployedVariant one = variant;
        one.further.clear();
        all.variants.push_back(one);
        for (size_t i = 0; i < variant.further.size(); i++) {
            static_cast<DeployedContainer&>(one) = variant.further[i];
            one.name = HostGroup(variant, i + 1);
            all.variants.push_back(one);
        }
    }
    return all;
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
        return core::Fail(detail::IfAbsent(
            found.error(), CouldNotFind("model", SageMakerArn(region, account, "model", model))));
    }
    DeployedVariant variant;
    variant.model = model;
    const auto containers = ContainersOf(found->document);
    for (size_t i = 0; i < containers.size(); i++) {
        DeployedContainer& container = i == 0 ? variant : variant.further.emplace_back();
        container = ReadContainer(*containers[i]);
    }
    variant.multi_model =
        !containers.empty() && core::JsonStringOr(*containers[0], "Mode") == "MultiModel";
    if (variant.multi_model) {
        const Json* caching = core::JsonFind(*containers[0], "MultiModelConfig");
        variant.keep_models =
            caching == nullptr || core::JsonStringOr(*caching, "ModelCacheSetting") != "Disabled";
    }
    if (const Json* execution = core::JsonFind(found->document, "InferenceExecutionConfig")) {
        variant.direct =
            core::JsonStringOr(*execution, "Mode") == "Direct" && !variant.further.empty();
    }
    return variant;
}

core::Result<Deployment> ReadDeployment(const catalog::Catalog& catalog, const std::string& config,
                                        const std::string& config_arn, const std::string& region,
                                        const std::string& account) {
    const auto found = catalog.Get(kConfigKind, config);
    if (!found) {
        return core::Fail(
            detail::IfAbsent(found.error(), CouldNotFind("endpoint configuration", config_arn)));
    }
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
                    ReadModel(catalog, core::JsonStringOr(item, "ModelName"), region, account));
        variant.name = core::JsonStringOr(item, "VariantName");
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
