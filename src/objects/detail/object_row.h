#pragma once

#include <optional>
#include <string>
#include <vector>

#include "db/database.h"
#include "objects/detail/blob_files.h"
#include "objects/object_store.h"

namespace gyre::objects::detail {

/// An object as its row says. Its bytes are those of `blob`, or, where that is 0, of the parts of
/// `upload` in their order.
struct ObjectRow {
    ObjectInfo info;
    BlobId blob = 0;
    int64_t upload = 0;
};

[[nodiscard]] inline int64_t Milliseconds(core::WallTime time) {
    return time.time_since_epoch().count();
}
[[nodiscard]] inline core::WallTime FromMilliseconds(int64_t time) {
    return core::WallTime(core::milliseconds(time));
}

/// What has no column of its own, as JSON text: content type, metadata, checksums.
[[nodiscard]] std::string DetailText(const ObjectInfo& info);
/// Errors: kDataLoss.
[[nodiscard]] core::Status ReadDetail(std::string_view text, ObjectInfo& info);

/// The columns that RowOf takes, in its order.
constexpr auto kObjectColumns = "key, size, etag, modified, blob, upload, detail";
[[nodiscard]] core::Result<ObjectRow> RowOf(const std::string& bucket, db::Row row);

[[nodiscard]] core::Status RequireBucket(db::Transaction& transaction, const std::string& bucket);
[[nodiscard]] core::Result<std::optional<ObjectRow>> FindObject(db::Transaction& transaction,
                                                                const std::string& bucket,
                                                                const std::string& key);
/// Inserts, or replaces the row of that key.
[[nodiscard]] core::Status StoreObject(db::Transaction& transaction, const ObjectRow& row);
/// Lets go of the blobs and parts of an object whose row is going.
[[nodiscard]] core::Status ReleaseContent(db::Transaction& transaction, const ObjectRow& row,
                                          std::vector<BlobId>& discarded);
/// Removes all parts of an upload.
[[nodiscard]] core::Status ReleaseParts(db::Transaction& transaction, int64_t upload,
                                        std::vector<BlobId>& discarded);

}  // namespace gyre::objects::detail
