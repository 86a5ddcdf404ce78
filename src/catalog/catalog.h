#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/json.h"
#include "core/result.h"

namespace gyre::db {
class Database;
}

namespace gyre::catalog {

/// "sagemaker.endpoint": one namespace of names.
using Kind = std::string;
using Tags = std::map<std::string, std::string>;

/// One named thing. `document` is the validated request that made it, kept word for word; `status`
/// holds the members that controllers compute, and internal ones whose names begin with '_'.
/// Describe is the two laid over each other.
struct Resource {
    Kind kind;
    std::string name;
    std::string arn;
    core::Json document;
    core::Json status;
    int64_t version = 0;  ///< grows by one with each change; 0 before it is stored
    core::WallTime created{};
    core::WallTime modified{};
};

struct ListQuery {
    enum class SortBy { kName, kCreated, kModified, kStatus };
    Kind kind;
    std::string name_contains;
    std::string name_prefix;
    std::optional<core::WallTime> created_after, created_before, modified_after, modified_before;
    /// The status member that `status_equals` and kStatus look at ("EndpointStatus"). The name must
    /// end in "Status" or "State": these are indexed.
    std::string status_member;
    std::optional<std::string> status_equals;
    SortBy sort_by = SortBy::kCreated;
    bool descending = true;
    int limit = 100;
    std::string page_token;  ///< from the page before; "" for the first
};

struct ListPage {
    std::vector<Resource> resources;
    std::string next_token;  ///< "" after the last
};

struct Change {
    int64_t sequence = 0;  ///< grows with each change since the program started
    Kind kind;
    std::string name;
    enum class What { kCreated, kUpdated, kDeleted } what = What::kUpdated;
};

/// The named, versioned, tagged resources, kept in the database. Every change is one transaction,
/// durable when the call returns. Thread-safe.
class Catalog {
  public:
    virtual ~Catalog() = default;

    /// Errors: kAlreadyExists for the name or the ARN. The ARN may be "": then there are no tags.
    [[nodiscard]] virtual core::Result<Resource> Create(Resource resource, Tags tags) = 0;
    /// Errors: kNotFound.
    [[nodiscard]] virtual core::Result<Resource> Get(const Kind& kind,
                                                     std::string_view name) const = 0;
    /// Reads, lets `change` alter document and status, and writes, in one transaction; a change
    /// that alters nothing is no change. `change` must not call the catalog. Errors: kNotFound, and
    /// whatever `change` returns (nothing is written then).
    [[nodiscard]] virtual core::Result<Resource> Update(
        const Kind& kind, std::string_view name,
        const std::function<core::Status(Resource&)>& change) = 0;
    /// With its tags. Errors: kNotFound.
    [[nodiscard]] virtual core::Status Delete(const Kind& kind, std::string_view name) = 0;
    /// Pages neither repeat nor miss what was there all the while, whatever comes and goes between
    /// them (but for what is modified while listing by that time). Errors: kInvalidArgument for a
    /// page token that is not from a list of that kind and order.
    [[nodiscard]] virtual core::Result<ListPage> List(const ListQuery& query) const = 0;

    [[nodiscard]] virtual core::Result<Resource> GetByArn(std::string_view arn) const = 0;
    [[nodiscard]] virtual core::Result<Tags> GetTags(std::string_view arn) const = 0;
    /// Adds and removes in one transaction. Errors: kNotFound for the ARN.
    [[nodiscard]] virtual core::Status ChangeTags(std::string_view arn, const Tags& set,
                                                  const std::vector<std::string>& remove) = 0;

    /// Calls `listener` after each committed change, on the changing thread, or on one of the
    /// database's for what another program over it changed; it must be quick. Where some of those
    /// may have been missed, all resources that there are count as updated.
    /// The subscription ends when the returned handle goes, which waits for calls in progress (so
    /// not from within one).
    [[nodiscard]] virtual std::shared_ptr<void> Subscribe(
        std::function<void(const Change&)> listener) = 0;
};

/// The catalog in that database, which outlives it, as does the clock. Errors: kFailedPrecondition
/// when a newer program wrote it.
[[nodiscard]] core::Result<std::unique_ptr<Catalog>> OpenCatalog(db::Database& database,
                                                                 const core::Clock& clock);

/// The document with the status laid over it and '_' members left out: what Describe returns. A
/// status member that is null hides the document's, so nothing is ever null.
[[nodiscard]] core::Json Describe(const Resource& resource);

}  // namespace gyre::catalog
