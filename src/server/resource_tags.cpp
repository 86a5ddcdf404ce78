#include "server/resource_tags.h"

namespace gyre::server {

using TagList = std::vector<std::pair<std::string, std::string>>;

std::shared_ptr<const access::Policy> CatalogTags::PolicyOf(std::string_view) const {
    return nullptr;
}

TagList CatalogTags::TagsOf(std::string_view resource_arn) const {
    constexpr size_t kMostKept = 10'000;
    const auto tags = catalog_.GetTags(resource_arn);
    auto last = last_.Lock();
    const auto kept = last->find(resource_arn);
    if (!tags && tags.error().code != core::Code::kNotFound) {
        return kept == last->end() ? TagList() : kept->second;
    }
    TagList list;
    if (tags) list.assign(tags->begin(), tags->end());
    if (kept != last->end()) {
        kept->second = list;
    } else if (!list.empty()) {
        if (last->size() >= kMostKept) last->clear();
        last->emplace(resource_arn, list);
    }
    return list;
}

std::shared_ptr<const access::Policy> LogGroupTags::PolicyOf(std::string_view) const {
    return nullptr;
}

TagList LogGroupTags::TagsOf(std::string_view resource_arn) const {
    constexpr std::string_view kGroup = ":log-group:";
    const size_t at = resource_arn.find(kGroup);
    if (at == resource_arn.npos) return {};
    std::string_view name = resource_arn.substr(at + kGroup.size());
    name = name.substr(0, name.find(':'));
    const auto group = logs_.Group(std::string(name));
    if (!group) return {};
    return {group->tags.begin(), group->tags.end()};
}

}  // namespace gyre::server
