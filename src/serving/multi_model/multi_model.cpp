#include "serving/multi_model/multi_model.h"

#include <charconv>

#include "serving/fleet.h"
#include "serving/host_usage.h"

namespace gyre::serving::multi_model {
namespace {

double NumberIn(const DeployedVariant& variant, const char* name, double otherwise) {
    const auto text = variant.environment.find(name);
    if (text == variant.environment.end()) return otherwise;
    double number = 0;
    const std::string& value = text->second;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    return error == std::errc() && number > 0 ? number : otherwise;
}

DeployedVariant OneModel(const DeployedVariant& variant, const std::string& model) {
    DeployedVariant one = variant;
    one.multi_model = false;
    one.name = ModelGroup(variant, model);
    one.model_data = variant.model_data + (variant.model_data.ends_with('/') ? "" : "/") + model;
    one.model_data_is_prefix = false;
    one.environment["SAGEMAKER_MULTI_MODEL"] = "true";
    one.environment[std::string(kTargetModelVariable)] = model;
    return one;
}

}  // namespace

std::string ShelfKey(const Deployment& deployment, const DeployedVariant& variant) {
    return deployment.id + "/" + variant.name;
}

std::string ModelGroup(const DeployedVariant& variant, const std::string& model) {
    return variant.name + "/" + model;
}

ShelfLimits LimitsOf(const DeployedVariant& variant) {
    const double models = NumberIn(variant, "GYRE_MULTI_MODEL_MAX_MODELS", 64);
    const double bytes = NumberIn(variant, "GYRE_MULTI_MODEL_MEMORY_MB", 0) * (1 << 20);
    return {.models = static_cast<size_t>(std::max(1.0, models)),
            .bytes = bytes > 0 ? bytes : MachineMemory() / 2,
            .keep = variant.keep_models};
}

Deployment ToHosts(const Deployment& deployment, const ModelShelf& shelf) {
    Deployment hosts = deployment.ByContainer();
    for (const DeployedVariant& variant : deployment.variants) {
        if (!variant.multi_model) continue;
        for (const std::string& model : shelf.Wanted(ShelfKey(deployment, variant))) {
            hosts.variants.push_back(OneModel(variant, model));
        }
    }
    return hosts;
}

bool Tend(const Deployment& deployment, const Fleet& fleet, ModelShelf& shelf,
          core::SteadyTime now) {
    bool changed = false;
    std::map<pid_t, GroupUsage> usage;
    for (const DeployedVariant& variant : deployment.variants) {
        if (!variant.multi_model) continue;
        const std::string key = ShelfKey(deployment, variant);
        std::map<std::string, ModelShelf::Loaded> loaded;
        for (const std::string& model : shelf.Wanted(key)) {
            Deployment alone{.id = deployment.id, .config = {}, .resolved = 0, .variants = {}};
            alone.variants.push_back(OneModel(variant, model));
            const std::string& group = alone.variants[0].name;
            if (fleet.ProgressOf(alone).state == Fleet::Progress::State::kFailed) {
                shelf.Failed(key, model, fleet.Trouble(deployment.id, group), now);
                changed = true;
                continue;
            }
            const auto links = fleet.Links(deployment.id, group);
            if (links.empty()) continue;
            if (usage.empty()) usage = ReadUsage();
            for (const auto& link : links) {
                const auto used = usage.find(link->Group());
                if (used != usage.end()) loaded[model].bytes += used->second.memory_bytes;
                loaded[model].busy = loaded[model].busy || link->Outstanding() > 0;
            }
        }
        changed = shelf.Trim(key, LimitsOf(variant), loaded) || changed;
    }
    return changed;
}

}  // namespace gyre::serving::multi_model
