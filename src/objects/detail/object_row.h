#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/json.h"
#include "db/database.h"
#include "objects/conditions.h"
#include "objects/detail/blob_files.h"
#include "objects/object_store.h"
#include "objects/store_requests.h"

namespace gyre::objects::detail {

/// An object as its row says. Its bytes are those of `blob`, or, where that is 0, of the parts of
/// `upload` in their order.
struct ObjectRow {
    ObjectInfo info;
    BlobId blob = 0;
    int64_t upload = 0;
    /// What clients knew as the id of the upload that made it; "" for a copy or a whole put.
    std::string upload_name;
    std::string version;  ///< "" for the null version
    int64_t seq = 0;      ///< of one key the highest is the newest; 0 where no versions are kept
    bool marker = false;  ///< a delete marker, which has no bytes
};

/// What a bucket's row says that requests for its objects depend on.
struct BucketState {
    Versioning versioning = Versioning::kOff;

    /// A version as clients see it: "" where none were ever kept.
    [[nodiscard]] std::string Shown(const std::string& version) const {
        if (!version.empty()) return version;
        return versioning == Versioning::kOff ? "" : "null";
    }
};

[[nodiscard]] inline int64_t Milliseconds(core::WallTime time) {
    return time.time_since_epoch().count();
}
[[nodiscard]] inline core::WallTime FromMilliseconds(int64_t time) {
    return core::WallTime(core::milliseconds(time));
}

/// What has no column of its own: content type, metadata, checksums, tags, the ACL.
[[nodiscard]] core::JsonObject DetailOf(const ObjectInfo& info);
void ReadDetail(const core::Json& detail, ObjectInfo& info);
[[nodiscard]] core::JsonArray TagsToJson(const Tags& tags);
[[nodiscard]] Tags TagsFromJson(const core::Json& json);
/// Texts by name, as in a detail's member.
[[nodiscard]] core::JsonObject TextsToJson(const std::map<std::string, std::string>& texts);
[[nodiscard]] std::map<std::string, std::string> TextsFromJson(const core::Json& detail,
                                                               std::string_view member);
constexpr std::string_view kChecksumsDetail = "checksums";

/// The columns that RowOf takes, in its order.
constexpr auto kObjectColumns = "key, size, etag, modified, blob, upload, detail, version, seq, 0";
/// The same of object_versions.
constexpr auto kVersionColumns =
    "key, size, etag, modified, blob, upload, detail, version, seq, marker";
[[nodiscard]] core::Result<ObjectRow> RowOf(const std::string& bucket, db::Row row);

/// The row's detail column.
[[nodiscard]] std::string DetailText(const ObjectRow& row);

/// Errors: NoSuchBucket.
[[nodiscard]] core::Result<BucketState> RequireBucket(db::Transaction& transaction,
                                                      const std::string& bucket);
[[nodiscard]] std::string_view VersioningName(Versioning versioning);
[[nodiscard]] Versioning VersioningNamed(std::string_view name);
/// The current one.
[[nodiscard]] core::Result<std::optional<ObjectRow>> FindObject(db::Transaction& transaction,
                                                                const std::string& bucket,
                                                                const std::string& key);
/// Whether a request with those conditions may replace what is there. Errors: NoSuchKey,
/// PreconditionFailed.
[[nodiscard]] core::Status CheckWrite(const Conditions& conditions,
                                      const std::optional<ObjectRow>& present,
                                      const std::string& key);
/// Whether it may remove what is there, a delete marker perhaps. Errors: PreconditionFailed.
[[nodiscard]] core::Status CheckRemoval(const Conditions& conditions, const ObjectRow& present);
/// Inserts, or replaces the row of that key.
[[nodiscard]] core::Status StoreObject(db::Transaction& transaction, const ObjectRow& row);
/// Lets go of the blobs and parts of an object whose row is going.
[[nodiscard]] core::Status ReleaseContent(db::Transaction& transaction, const ObjectRow& row,
                                          std::vector<BlobId>& discarded);

}  // namespace gyre::objects::detail
