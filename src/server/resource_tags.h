#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "access/resource_policies.h"
#include "catalog/catalog.h"
#include "core/guarded.h"
#include "jobs/log_store.h"

namespace gyre::server {

/// The tags of what the catalog keeps, for policies that ask for aws:ResourceTag. None of them has
/// a policy of its own. While the database is away they are those that were read last, so that what
/// a tag denies stays denied.
class CatalogTags final : public access::ResourcePolicies {
  public:
    explicit CatalogTags(const catalog::Catalog& catalog) : catalog_(catalog) {}
    [[nodiscard]] std::shared_ptr<const access::Policy> PolicyOf(
        std::string_view resource_arn) const override;
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> TagsOf(
        std::string_view resource_arn) const override;

  private:
    using TagList = std::vector<std::pair<std::string, std::string>>;

    const catalog::Catalog& catalog_;
    mutable core::Guarded<std::map<std::string, TagList, std::less<>>> last_;  ///< by ARN
};

/// Likewise of log groups.
class LogGroupTags final : public access::ResourcePolicies {
  public:
    explicit LogGroupTags(const jobs::LogStore& logs) : logs_(logs) {}
    [[nodiscard]] std::shared_ptr<const access::Policy> PolicyOf(
        std::string_view resource_arn) const override;
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> TagsOf(
        std::string_view resource_arn) const override;

  private:
    const jobs::LogStore& logs_;
};

}  // namespace gyre::server
