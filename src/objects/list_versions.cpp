#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

#include "objects/detail/key_order.h"
#include "objects/detail/object_row.h"
#include "objects/detail/s3_errors.h"
#include "objects/detail/version_row.h"
#include "objects/local_store.h"

namespace gyre::objects {
namespace {

using core::Result;
using core::Status;
using detail::ObjectRow;

// With a delimiter most rows of a batch may turn out to be behind one common prefix.
constexpr int kSmallBatch = 16;

/// Where in a listing: rows of keys above `key`, or from it on; of `key` itself, where `seq` is
/// given, those with a lower one.
struct VersionPlace {
    std::string key;
    bool inclusive = false;
    std::optional<int64_t> seq;
};

/// The rows of one table in the listing's order, fetched in batches.
class RowStream {
  public:
    RowStream(db::Transaction& transaction, const VersionListRequest& request, bool current)
        : transaction_(transaction),
          request_(request),
          current_(current),
          end_(detail::AfterPrefix(request.prefix)) {}

    void MoveTo(VersionPlace place) {
        place_ = std::move(place);
        rows_.clear();
        next_ = 0;
        ended_ = false;
    }
    /// The next row; null at the end.
    Result<const ObjectRow*> Peek() {
        while (next_ == rows_.size() && !ended_) GYRE_TRY(Fetch());
        return next_ == rows_.size() ? nullptr : &rows_[next_];
    }
    void Step() { ++next_; }

  private:
    Status Fetch() {
        rows_.clear();
        next_ = 0;
        const int limit =
            request_.delimiter.empty() ? std::min(request_.limit + 1, 1001) : kSmallBatch;
        std::string sql = std::string("SELECT ") +
                          (current_ ? detail::kObjectColumns : detail::kVersionColumns) + " FROM " +
                          (current_ ? "objects" : "object_versions") + " WHERE bucket = ?";
        db::Parameters parameters = {request_.bucket};
        const bool within = place_.seq.has_value();
        if (within) {
            // One key may have any number of versions: what is left of it comes first.
            sql += " AND key = ? AND seq < ? ORDER BY seq DESC LIMIT ?";
            parameters.emplace_back(place_.key);
            parameters.emplace_back(*place_.seq);
        } else {
            sql += place_.inclusive ? " AND key >= ?" : " AND key > ?";
            parameters.emplace_back(place_.key);
            if (end_) {
                sql += " AND key < ?";
                parameters.emplace_back(*end_);
            }
            sql += current_ ? " ORDER BY key LIMIT ?" : " ORDER BY key, seq DESC LIMIT ?";
        }
        parameters.emplace_back(limit);
        GYRE_ASSIGN(auto found, transaction_.Query(sql, parameters));
        const bool full = static_cast<int>(found.size()) == limit;
        for (db::Row& row : found) {
            GYRE_ASSIGN(auto object, detail::RowOf(request_.bucket, std::move(row)));
            rows_.push_back(std::move(object));
        }
        if (full) {
            const ObjectRow& last = rows_.back();
            place_ = {last.info.key, false,
                      current_ ? std::nullopt : std::optional<int64_t>(last.seq)};
        } else if (within) {
            place_ = {place_.key, false, std::nullopt};
        } else {
            ended_ = true;
        }
        return {};
    }

    db::Transaction& transaction_;
    const VersionListRequest& request_;
    const bool current_;
    const std::optional<std::string> end_;
    VersionPlace place_;
    std::vector<ObjectRow> rows_;
    size_t next_ = 0;
    bool ended_ = false;
};

// A version's place in its key's history is part of the marker: the version may be gone before the
// next page is asked for.
constexpr char kBeforeSeq = '.';

std::string MarkerOf(const detail::BucketState& state, const ObjectRow& row) {
    return state.Shown(row.version) + kBeforeSeq + std::to_string(row.seq);
}

Result<std::optional<int64_t>> SeqOfMarker(db::Transaction& transaction,
                                           const VersionListRequest& request) {
    const std::string& marker = request.after_version;
    if (const size_t dot = marker.rfind(kBeforeSeq); dot != std::string::npos) {
        int64_t seq = 0;
        const char* end = marker.data() + marker.size();
        const auto [stop, error] = std::from_chars(marker.data() + dot + 1, end, seq);
        if (error == std::errc() && stop == end) return seq;
    }
    GYRE_TRY(detail::CheckVersionName(marker));
    GYRE_ASSIGN(const auto row,
                detail::FindVersion(transaction, {request.bucket, request.after_key, marker}));
    return row ? std::optional(row->seq) : std::nullopt;
}

/// Where the page begins; nullopt when nothing can come.
Result<std::optional<VersionPlace>> Beginning(db::Transaction& transaction,
                                              const VersionListRequest& request) {
    VersionPlace place{request.after_key, false, std::nullopt};
    if (request.after_key.empty()) place.inclusive = true;
    if (!request.after_key.empty() && request.after_key.starts_with(request.prefix) &&
        detail::CommonPrefix(request.after_key, request.prefix, request.delimiter) ==
            std::optional(request.after_key)) {
        auto after = detail::AfterPrefix(request.after_key);
        if (!after) return std::nullopt;
        place = {std::move(*after), true, std::nullopt};
    } else if (!request.after_key.empty() && !request.after_version.empty()) {
        GYRE_ASSIGN(place.seq, SeqOfMarker(transaction, request));
    }
    if (place.key < request.prefix) place = {request.prefix, true, std::nullopt};
    return place;
}

}  // namespace

Result<VersionPage> LocalStore::ListVersions(const VersionListRequest& request) {
    VersionPage page;
    const Status done = database_.Read([&](db::Transaction& transaction) -> Status {
        page = {};
        GYRE_ASSIGN(const auto state, detail::RequireBucket(transaction, request.bucket));
        if (request.limit <= 0) return {};
        GYRE_ASSIGN(const auto place, Beginning(transaction, request));
        if (!place) return {};
        RowStream objects(transaction, request, true);
        RowStream others(transaction, request, false);
        objects.MoveTo(*place);
        others.MoveTo(*place);
        std::optional<std::string> seen_key;  // of which the newest version came already
        if (place->seq) seen_key = place->key;
        for (int found = 0;; ++found) {
            GYRE_ASSIGN(const ObjectRow* current, objects.Peek());
            GYRE_ASSIGN(const ObjectRow* other, others.Peek());
            const bool is_current =
                current != nullptr && (other == nullptr || current->info.key <= other->info.key);
            const ObjectRow* row = is_current ? current : other;
            if (row == nullptr) return {};
            if (found == request.limit) {
                page.truncated = true;
                return {};
            }
            const std::string& key = row->info.key;
            if (auto common = detail::CommonPrefix(key, request.prefix, request.delimiter)) {
                page.last_key = *common;
                page.last_version.clear();
                auto after = detail::AfterPrefix(*common);
                page.common_prefixes.push_back(std::move(*common));
                if (!after) return {};
                objects.MoveTo({*after, true, std::nullopt});
                others.MoveTo({std::move(*after), true, std::nullopt});
                continue;
            }
            ListedVersion listed{row->info, row->marker, seen_key != std::optional(key)};
            listed.info.version = state.Shown(row->version);
            if (listed.info.version.empty()) listed.info.version = "null";
            seen_key = key;
            page.last_key = key;
            page.last_version = MarkerOf(state, *row);
            page.versions.push_back(std::move(listed));
            (is_current ? objects : others).Step();
        }
    });
    GYRE_TRY(done);
    return page;
}

}  // namespace gyre::objects
