#include "serving/multi_model/model_shelf.h"

#include <algorithm>

namespace gyre::serving::multi_model {
namespace {

constexpr core::seconds kRememberFailure{10};
constexpr size_t kMostFailures = 1'000;  // of names that somebody makes up

}  // namespace

std::string ModelShelf::Use(const std::string& key, const std::string& model, bool loaded,
                            core::SteadyTime now) {
    {
        auto variants = variants_.Lock();
        Variant& variant = (*variants)[key];
        variant.counts.asked += 1;
        variant.counts.hits += loaded ? 1 : 0;
        const auto found = variant.models.find(model);
        if (found != variant.models.end()) {
            if (found->second.failure.empty()) {
                found->second.used = now;
                found->second.reached |= loaded;
                return "";
            }
            if (now < found->second.until) return found->second.failure;
        }
        variant.models[model] = {.used = now, .reached = loaded, .failure = {}, .until = {}};
    }
    wanted_();
    return "";
}

std::vector<std::string> ModelShelf::Wanted(const std::string& key) const {
    std::vector<std::string> wanted;
    auto variants = variants_.Lock();
    const auto variant = variants->find(key);
    if (variant == variants->end()) return wanted;
    for (const auto& [name, model] : variant->second.models) {
        if (model.failure.empty()) wanted.push_back(name);
    }
    return wanted;
}

void ModelShelf::Failed(const std::string& key, const std::string& model, const std::string& reason,
                        core::SteadyTime now) {
    auto variants = variants_.Lock();
    auto& models = (*variants)[key].models;
    if (models.size() >= kMostFailures) {
        std::erase_if(models, [&](const auto& one) {
            return !one.second.failure.empty() && one.second.until <= now;
        });
    }
    models[model] = {.used = now,
                     .reached = false,
                     .failure = reason.empty() ? "it does not come up" : reason,
                     .until = now + kRememberFailure};
}

bool ModelShelf::Trim(const std::string& key, const ShelfLimits& limits,
                      const std::map<std::string, Loaded>& loaded) {
    auto variants = variants_.Lock();
    const auto variant = variants->find(key);
    if (variant == variants->end()) return false;
    auto& models = variant->second.models;
    double bytes = 0;
    size_t count = 0;
    std::vector<std::pair<core::SteadyTime, std::string>> idle;
    for (const auto& [name, model] : models) {
        if (!model.failure.empty()) continue;
        count++;
        const auto there = loaded.find(name);
        if (there == loaded.end()) continue;
        bytes += there->second.bytes;
        if (!there->second.busy) idle.emplace_back(model.used, name);
    }
    const double average = loaded.empty() ? 0 : bytes / static_cast<double>(loaded.size());
    bytes += average * static_cast<double>(count - std::min(count, loaded.size()));
    std::ranges::sort(idle);
    bool trimmed = false;
    for (const auto& [used, name] : idle) {
        const bool fits = count <= limits.models && (limits.bytes <= 0 || bytes <= limits.bytes);
        const bool done = !limits.keep && models.at(name).reached;
        // The last one stays: without it there would be nothing to answer with.
        if (!done && (fits || count == 1)) continue;
        bytes -= loaded.at(name).bytes;
        count--;
        models.erase(name);
        trimmed = true;
    }
    return trimmed;
}

void ModelShelf::Keep(const std::vector<std::string>& keys) {
    std::erase_if(*variants_.Lock(), [&](const auto& variant) {
        return std::ranges::find(keys, variant.first) == keys.end();
    });
}

ModelShelf::Counts ModelShelf::TakeCounts(const std::string& key) {
    auto variants = variants_.Lock();
    const auto variant = variants->find(key);
    if (variant == variants->end()) return {};
    return std::exchange(variant->second.counts, {});
}

}  // namespace gyre::serving::multi_model
