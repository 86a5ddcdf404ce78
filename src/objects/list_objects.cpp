#include <algorithm>

#include "objects/detail/key_order.h"
#include "objects/detail/object_row.h"
#include "objects/local_store.h"

namespace gyre::objects {
namespace {

using core::Status;
using detail::ListPlace;

// With a delimiter most rows of a batch may turn out to be behind one common prefix, so batches
// begin small and grow while they are of use.
constexpr int kFirstBatch = 16;

core::Result<std::vector<db::Row>> NextKeys(db::Transaction& transaction,
                                            const ListRequest& request, const std::string& from,
                                            bool inclusive, int limit) {
    const auto end = detail::AfterPrefix(request.prefix);
    std::string sql = std::string("SELECT ") + detail::kObjectColumns +
                      " FROM objects WHERE bucket = ? AND key " + (inclusive ? ">=" : ">") + " ?" +
                      (end ? " AND key < ?" : "") + " ORDER BY key LIMIT ?";
    db::Parameters parameters = {request.bucket, from};
    if (end) parameters.emplace_back(*end);
    parameters.emplace_back(limit);
    return transaction.Query(sql, parameters);
}

/// Where the page begins; nullopt when nothing can come.
core::Result<std::optional<ListPlace>> Beginning(const ListRequest& request) {
    ListPlace place;
    if (!request.token.empty()) {
        GYRE_ASSIGN(place, detail::FromToken(request.token));
    } else if (!request.start_after.empty()) {
        place.text = request.start_after;
        // A marker that is a common prefix itself: the last thing that the page before showed.
        place.past_prefix =
            request.start_after.starts_with(request.prefix) &&
            detail::CommonPrefix(request.start_after, request.prefix, request.delimiter) ==
                std::optional(request.start_after);
    }
    return place;
}

}  // namespace

core::Result<ListPage> LocalStore::ListObjects(const ListRequest& request) {
    GYRE_ASSIGN(auto place, Beginning(request));
    ListPage page;
    const Status done = database_.Read([&](db::Transaction& transaction) -> Status {
        GYRE_TRY(detail::RequireBucket(transaction, request.bucket));
        if (request.limit <= 0) return {};
        int found = 0;
        // Keys from `from` on are to come; `from` itself only when inclusive.
        std::string from = place->text;
        bool inclusive = false;
        if (place->past_prefix) {
            const auto after = detail::AfterPrefix(place->text);
            if (!after) return {};
            from = *after;
            inclusive = true;
        }
        if (from < request.prefix) {
            from = request.prefix;
            inclusive = true;
        }
        int batch = request.delimiter.empty() ? request.limit + 1 : kFirstBatch;
        while (true) {
            batch = std::min(batch, request.limit - found + 1);
            GYRE_ASSIGN(auto rows, NextKeys(transaction, request, from, inclusive, batch));
            const bool last_batch = static_cast<int>(rows.size()) < batch;
            bool skipped = false;
            for (db::Row& row : rows) {
                const auto common =
                    detail::CommonPrefix(row.Text(0), request.prefix, request.delimiter);
                if (found == request.limit) {
                    page.truncated = true;
                    return {};
                }
                ++found;
                if (common) {
                    page.common_prefixes.push_back(*common);
                    page.last = *common;
                    page.next_token = detail::ToToken({*common, true});
                    const auto after = detail::AfterPrefix(*common);
                    if (!after) return {};
                    from = *after;
                    inclusive = true;
                    skipped = true;
                    break;
                }
                GYRE_ASSIGN(auto object, detail::RowOf(request.bucket, std::move(row)));
                page.last = object.info.key;
                from = object.info.key;
                inclusive = false;
                page.objects.push_back(std::move(object.info));
            }
            if (!skipped && last_batch) return {};
            batch = skipped ? kFirstBatch : batch * 4;
        }
    });
    GYRE_TRY(done);
    if (!page.truncated) {
        page.next_token.clear();
    } else if (!page.objects.empty() && page.objects.back().key == page.last) {
        page.next_token = detail::ToToken({page.last, false});
    }
    return page;
}

}  // namespace gyre::objects
