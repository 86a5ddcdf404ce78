#include "server/resource_tags.h"

namespace gyre::server {

using TagList = std::vector<std::pair<std::string, std::string>>;

std::shared_ptr<const access::Policy> CatalogTags::PolicyOf(std::string_view) const {
    return nullptr;
}

TagList CatalogTags::TagsOf(std::string_view resource_arn) const {
    const auto tags = catalog_.GetTags(std::string(resource_arn));
    if (!tags) return {};
    return {tags->begin(), tags->end()};
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
