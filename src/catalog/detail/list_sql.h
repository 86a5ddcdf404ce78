#pragma once

#include <string>

#include "catalog/catalog.h"
#include "db/value.h"

namespace gyre::catalog::detail {

/// Columns of every query for resources, in the order that ResourceOf reads.
inline constexpr auto kResourceColumns =
    "r.kind, r.name, r.arn, r.document, r.status, r.version, r.created, r.modified";

struct ListSql {
    std::string sql;
    db::Parameters parameters;
};

/// The query for one page and one row more. Its order is always served by an index, and a page
/// begins by its key, not by an offset. Errors: kInvalidArgument for the page token or the status
/// member.
[[nodiscard]] core::Result<ListSql> MakeListSql(const ListQuery& query);

/// The token of the page that begins after `last`.
[[nodiscard]] std::string NextToken(const ListQuery& query, const Resource& last);

/// Whether list queries may filter by this status member.
[[nodiscard]] bool IsIndexedStatus(std::string_view member);

}  // namespace gyre::catalog::detail
