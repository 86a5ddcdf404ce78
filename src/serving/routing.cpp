#include "serving/routing.h"

#include <algorithm>

namespace gyre::serving {

HostLink* LeastBusy(const std::vector<std::shared_ptr<HostLink>>& hosts) {
    HostLink* best = nullptr;
    size_t fewest = 0;
    for (const auto& host : hosts) {
        if (!host->Connected()) continue;
        const size_t outstanding = host->Outstanding();
        if (best == nullptr || outstanding < fewest) {
            best = host.get();
            fewest = outstanding;
        }
    }
    return best;
}

const std::vector<std::shared_ptr<HostLink>>* VariantRoute::Container(
    std::string_view container_hostname) const {
    if (container_hostname == hostname) return &hosts;
    const auto found = std::ranges::find(further, container_hostname, &ContainerRoute::hostname);
    return found == further.end() ? nullptr : &found->hosts;
}

bool VariantRoute::HasHost() const {
    if (multi_model != nullptr) return true;  // or will, for the model that is asked for
    return LeastBusy() != nullptr &&
           std::ranges::all_of(further, [](const ContainerRoute& container) {
               return gyre::serving::LeastBusy(container.hosts) != nullptr;
           });
}

std::vector<std::shared_ptr<HostLink>> VariantRoute::AllHosts() const {
    std::vector<std::shared_ptr<HostLink>> all = hosts;
    for (const ContainerRoute& container : further) {
        all.insert(all.end(), container.hosts.begin(), container.hosts.end());
    }
    if (multi_model == nullptr) return all;
    for (const auto& [model, links] : multi_model->models) {
        all.insert(all.end(), links.begin(), links.end());
    }
    return all;
}

std::string VariantRoute::Signature() const {
    std::string text = "\n" + name + " " + std::to_string(weight);
    const auto add = [&](const std::vector<std::shared_ptr<HostLink>>& links) {
        for (const auto& host : links) {
            text += " " + std::to_string(reinterpret_cast<uintptr_t>(host.get()));
        }
    };
    add(hosts);
    for (const ContainerRoute& container : further) {
        text += " then";
        add(container.hosts);
    }
    if (multi_model == nullptr) return text;
    for (const auto& [model, links] : multi_model->models) {
        text += "\n" + model;
        add(links);
    }
    return text;
}

const VariantRoute* EndpointRoute::Find(std::string_view variant) const {
    const auto found = std::ranges::find(variants, variant, &VariantRoute::name);
    return found == variants.end() ? nullptr : &*found;
}

const VariantRoute* EndpointRoute::NextByWeight() const {
    if (variants.size() == 1) return variants[0].HasHost() ? &variants[0] : nullptr;
    double total = 0;
    for (const VariantRoute& variant : variants) {
        if (variant.HasHost()) total += variant.weight;
    }
    // Multiples of the golden ratio, without their whole part, fill [0, 1) more evenly than chance.
    constexpr double kGolden = 0.6180339887498949;
    const auto turns =
        static_cast<double>(turn->fetch_add(1, std::memory_order_relaxed) & 0xFFFF'FFFF);
    double place = turns * kGolden;
    place = (place - static_cast<double>(static_cast<uint64_t>(place))) * total;
    const VariantRoute* last = nullptr;
    for (const VariantRoute& variant : variants) {
        if (variant.weight <= 0 || !variant.HasHost()) continue;
        last = &variant;
        if (place < variant.weight) return last;
        place -= variant.weight;
    }
    return last;
}

}  // namespace gyre::serving
