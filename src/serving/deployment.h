#pragma once

#include <map>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "core/clock.h"
#include "core/json.h"
#include "core/result.h"

namespace gyre::serving {

/// One container of a model.
struct DeployedContainer {
    std::string image;
    std::string model_data;             ///< "s3://bucket/key"; "" for an image without model data
    bool model_data_is_prefix = false;  ///< all objects below it, not an archive
    std::map<std::string, std::string> environment;
    std::string hostname;  ///< ContainerHostname; "" where it has none
    /// The model store's name, once the model was fetched: serves again when the object has gone.
    std::string directory;
};

/// One production variant as it was when its endpoint was told to use it: what became of the model
/// and the configuration since does not matter. It is its model's first container.
struct DeployedVariant : DeployedContainer {
    std::string name;
    std::string model;
    double weight = 1;
    int count = 1;
    /// It gets copies of predictions, and its answers go nowhere.
    bool shadow = false;
    /// The containers behind the first: each gets what the one before it answered.
    std::vector<DeployedContainer> further;
    /// InferenceExecutionConfig's Mode Direct: each request names its one container.
    bool direct = false;
    /// `model_data` is a prefix of many models, each of which is loaded when it is asked for.
    bool multi_model = false;
    /// ModelCacheSetting of such: false, Disabled.
    bool keep_models = true;
    /// ContainerStartupHealthCheckTimeoutInSeconds; 0: the platform's own.
    core::seconds load_timeout{0};
};

/// The name of the hosts of a variant's container, from 0: the variant's own for the first,
/// "VARIANT/2" for the second.
[[nodiscard]] std::string HostGroup(const DeployedVariant& variant, size_t container);

/// What an endpoint serves, or is to serve: kept in its status under "_deployed" and "_target".
struct Deployment {
    std::string id;  ///< unique; names the hosts
    std::string config;
    double resolved = 0;  ///< when its images were looked up, in epoch seconds; 0: not yet
    std::vector<DeployedVariant> variants;
    core::Json async;    ///< AsyncInferenceConfig; null where there is none
    core::Json capture;  ///< DataCaptureConfig, likewise

    [[nodiscard]] core::Json ToJson() const;
    [[nodiscard]] static core::Result<Deployment> FromJson(const core::Json& json);
    /// With a variant for each container, named as its hosts; without multi-model variants, which
    /// have no hosts of their own.
    [[nodiscard]] Deployment ByContainer() const;
};

/// An endpoint has at most so many hosts. ResourceLimitExceeded.
[[nodiscard]] core::Status CheckHostCount(int64_t hosts);

/// What a model says now, as the one variant of a deployment: its name, weight and count are left
/// to the caller. Errors: kInvalidArgument in SageMaker's words when it is not there.
[[nodiscard]] core::Result<DeployedVariant> ReadModel(const catalog::Catalog& catalog,
                                                      const std::string& model,
                                                      const std::string& region,
                                                      const std::string& account);

/// What an endpoint configuration says now. Errors: kInvalidArgument in SageMaker's words when it
/// or one of its models is not there.
[[nodiscard]] core::Result<Deployment> ReadDeployment(const catalog::Catalog& catalog,
                                                      const std::string& config,
                                                      const std::string& config_arn,
                                                      const std::string& region,
                                                      const std::string& account);

}  // namespace gyre::serving
