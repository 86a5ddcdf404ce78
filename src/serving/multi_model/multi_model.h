#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "serving/deployment.h"
#include "serving/host_link.h"
#include "serving/multi_model/model_shelf.h"

namespace gyre::serving {
class Fleet;
}

namespace gyre::serving::multi_model {

/// Where the predictions of a multi-model variant go: to the hosts of the model that each names.
struct MultiModelRoute {
    std::string key;  ///< of the shelf
    std::shared_ptr<ModelShelf> shelf;
    std::map<std::string, std::vector<std::shared_ptr<HostLink>>, std::less<>> models;
};

/// What the shelf calls the variant.
[[nodiscard]] std::string ShelfKey(const Deployment& deployment, const DeployedVariant& variant);
/// The name of the hosts of one of its models: "VARIANT/MODEL".
[[nodiscard]] std::string ModelGroup(const DeployedVariant& variant, const std::string& model);
/// GYRE_MULTI_MODEL_MAX_MODELS and GYRE_MULTI_MODEL_MEMORY_MB of its environment; else 64 models
/// and half of the machine's memory. Kept as the variant says.
[[nodiscard]] ShelfLimits LimitsOf(const DeployedVariant& variant);

/// The deployment as a Fleet is to want it: a variant for each container (Deployment::ByContainer),
/// and for each model that is wanted of multi-model variants.
[[nodiscard]] Deployment ToHosts(const Deployment& deployment, const ModelShelf& shelf);
/// Looks how the models of the deployment's multi-model variants do: notes those that failed, wants
/// no more those that are too many. True when something changed.
bool Tend(const Deployment& deployment, const Fleet& fleet, ModelShelf& shelf,
          core::SteadyTime now);

}  // namespace gyre::serving::multi_model
