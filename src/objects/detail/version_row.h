#pragma once

#include <optional>
#include <string>
#include <vector>

#include "db/database.h"
#include "objects/detail/object_row.h"
#include "objects/store_requests.h"

namespace gyre::objects::detail {

// Where versions are kept. `objects` holds what is current: at most one row of a key, and none
// where the newest version is a delete marker. `object_versions` holds all others: older versions
// and delete markers. Of one key the current object's seq is the highest, then that of a marker.

/// A name that no other version has.
[[nodiscard]] std::string NewVersionName();
/// Errors: InvalidArgument for what cannot be the name of a version.
[[nodiscard]] core::Status CheckVersionName(const std::string& name);

/// The version of that name: "" for the current object, "null" for the null version. It may be a
/// delete marker.
[[nodiscard]] core::Result<std::optional<ObjectRow>> FindVersion(db::Transaction& transaction,
                                                                 const ObjectName& name);
/// The newest of a key's versions that are not current.
[[nodiscard]] core::Result<std::optional<ObjectRow>> NewestBehind(db::Transaction& transaction,
                                                                  const std::string& bucket,
                                                                  const std::string& key);
/// The seq of a version that is to be the newest.
[[nodiscard]] core::Result<int64_t> NextSeq(db::Transaction& transaction, const std::string& bucket,
                                            const std::string& key,
                                            const std::optional<ObjectRow>& current);
/// Makes a row of object_versions; its name is free.
[[nodiscard]] core::Status StoreVersion(db::Transaction& transaction, const ObjectRow& row);
/// Moves the current object behind: it is current no more.
[[nodiscard]] core::Status SetAside(db::Transaction& transaction, const ObjectRow& current);
/// Makes the newest version current where nothing is and it is no delete marker.
[[nodiscard]] core::Status Promote(db::Transaction& transaction, const std::string& bucket,
                                   const std::string& key);
/// Removes the row, wherever it stands, and lets go of what it holds.
[[nodiscard]] core::Status RemoveVersion(db::Transaction& transaction, const ObjectRow& row,
                                         std::vector<BlobId>& discarded);
/// Makes place for a new null version: whatever null version there is goes, and a current one with
/// a name moves behind.
[[nodiscard]] core::Status ClearNullVersion(db::Transaction& transaction,
                                            const std::optional<ObjectRow>& current,
                                            const std::string& bucket, const std::string& key,
                                            std::vector<BlobId>& discarded);
/// Writes the row's detail anew.
[[nodiscard]] core::Status UpdateDetail(db::Transaction& transaction, const ObjectRow& row);

}  // namespace gyre::objects::detail
