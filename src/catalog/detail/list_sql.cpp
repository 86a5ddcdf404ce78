#include "catalog/detail/list_sql.h"

#include "core/digest.h"

namespace gyre::catalog::detail {
namespace {

using core::Code;
using SortBy = ListQuery::SortBy;

constexpr std::string_view kTokenForm = "1";
// Above every name with the prefix that it is added to: the last code point in UTF-8.
constexpr auto kHighest = "\xf4\x8f\xbf\xbf";

/// Where a page begins: after this key.
struct Place {
    db::Value sorted;  ///< a time or a status; 0 where the name alone sorts
    std::string name;
};

core::JsonArray TokenHead(const ListQuery& query) {
    return {kTokenForm, query.kind, static_cast<int>(query.sort_by), query.descending};
}

core::Result<Place> PlaceOf(const ListQuery& query) {
    const auto bad = [] {
        return core::Fail(Code::kInvalidArgument,
                          "The page token is not one that this list returned. Start again without "
                          "a token.");
    };
    const auto text = core::Base64Decode(query.page_token);
    if (!text) return bad();
    const auto json = core::ParseJson(*text);
    if (!json || !json->is_array()) return bad();
    const core::JsonArray& parts = json->get_array();
    const core::JsonArray head = TokenHead(query);
    if (parts.size() != head.size() + 2) return bad();
    for (size_t i = 0; i < head.size(); ++i) {
        if (parts[i] != head[i]) return bad();
    }
    const core::Json& sorted = parts[head.size()];
    const core::Json& name = parts[head.size() + 1];
    const bool by_status = query.sort_by == SortBy::kStatus;
    if (!(by_status ? sorted.is_string() : sorted.is_int64()) || !name.is_string()) return bad();
    return Place{
        by_status ? db::Value(std::string(sorted.get_string())) : db::Value(sorted.get_int64()),
        std::string(name.get_string())};
}

int64_t Milliseconds(core::WallTime time) {
    return time.time_since_epoch().count();
}

/// The key column that comes before the name; "" where none does.
std::string_view SortColumn(SortBy sort_by) {
    switch (sort_by) {
        case SortBy::kName:
            return "";
        case SortBy::kCreated:
            return "created";
        case SortBy::kModified:
            return "modified";
        case SortBy::kStatus:
            return "value";
    }
    return "";
}

core::Json SortedOf(const ListQuery& query, const Resource& resource) {
    switch (query.sort_by) {
        case SortBy::kName:
            return int64_t{0};
        case SortBy::kCreated:
            return Milliseconds(resource.created);
        case SortBy::kModified:
            return Milliseconds(resource.modified);
        case SortBy::kStatus:
            return core::Json(core::JsonStringOr(resource.status, query.status_member));
    }
    return int64_t{0};
}

}  // namespace

bool IsIndexedStatus(std::string_view member) {
    return member.ends_with("Status") || member.ends_with("State");
}

std::string NextToken(const ListQuery& query, const Resource& last) {
    core::JsonArray parts = TokenHead(query);
    parts.emplace_back(SortedOf(query, last));
    parts.emplace_back(last.name);
    return core::Base64Encode(core::JsonText(parts));
}

core::Result<ListSql> MakeListSql(const ListQuery& query) {
    ListSql list;
    // `k` holds the key columns: the states' copy when the status chooses or sorts, so that its
    // index serves.
    std::string from = "resources r";
    std::string where;
    std::string k = "r.";
    const auto add = [&](const std::string& condition, db::Value value) {
        where += (where.empty() ? "" : " AND ") + condition;
        list.parameters.push_back(std::move(value));
    };
    if (query.status_equals || query.sort_by == SortBy::kStatus) {
        if (!IsIndexedStatus(query.status_member)) {
            return core::Fail(Code::kInvalidArgument, "cannot list by " + query.status_member);
        }
        from = "resource_states s JOIN resources r ON r.kind = s.kind AND r.name = s.name";
        k = "s.";
        add("s.kind = ?", query.kind);
        add("s.member = ?", query.status_member);
        if (query.status_equals) add("s.value = ?", *query.status_equals);
    } else {
        add("r.kind = ?", query.kind);
    }
    if (!query.name_prefix.empty()) {
        add(k + "name >= ?", query.name_prefix);
        add(k + "name <= ?", query.name_prefix + kHighest);
    }
    if (!query.name_contains.empty()) {
        // LIKE ignores case in one database and not in the other, and has wildcards.
        add("REPLACE(" + k + "name, ?, '') <> " + k + "name", query.name_contains);
    }
    if (query.created_after) add(k + "created > ?", Milliseconds(*query.created_after));
    if (query.created_before) add(k + "created < ?", Milliseconds(*query.created_before));
    if (query.modified_after) add(k + "modified > ?", Milliseconds(*query.modified_after));
    if (query.modified_before) add(k + "modified < ?", Milliseconds(*query.modified_before));

    const std::string column(SortColumn(query.sort_by));
    const std::string direction = query.descending ? " DESC" : " ASC";
    const std::string past = query.descending ? " < " : " > ";
    if (!query.page_token.empty()) {
        GYRE_ASSIGN(Place place, PlaceOf(query));
        if (column.empty()) {
            add(k + "name" + past + "?", place.name);
        } else {
            add("(" + k + column + ", " + k + "name)" + past + "(?, ?)", std::move(place.sorted));
            list.parameters.emplace_back(place.name);
        }
    }
    std::string order;
    if (!column.empty()) order = k + column + direction + ", ";
    order += k + "name" + direction;
    list.sql = std::string("SELECT ") + kResourceColumns + " FROM " + from + " WHERE " + where +
               " ORDER BY " + order + " LIMIT ?";
    list.parameters.emplace_back(query.limit + 1);
    return list;
}

}  // namespace gyre::catalog::detail
