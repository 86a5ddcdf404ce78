#pragma once

#include <map>
#include <string>
#include <vector>

#include "db/database.h"
#include "objects/detail/blob_files.h"
#include "objects/store_requests.h"

namespace gyre::objects::detail {

/// An upload in parts that is neither completed nor aborted, as its row says.
struct UploadRow {
    UploadInfo info;
    int64_t number = 0;  ///< what its parts are stored under
    ObjectMetadata metadata;
    Tags tags;
    Acl acl = Acl::kPrivate;

    /// Of what each part and the whole carry.
    [[nodiscard]] ChecksumAlgorithm Algorithm() const {
        return info.algorithm.value_or(ChecksumAlgorithm::kCrc64Nvme);
    }
};

struct PartRow {
    PartInfo info;
    BlobId blob = 0;
};

/// The upload's name as clients know it, made of the number that its parts are stored under and of
/// chance: names of one key come in the order of their uploads.
[[nodiscard]] std::string NewUploadName(int64_t number);

[[nodiscard]] core::Status StoreUpload(db::Transaction& transaction, const UploadRow& upload);
/// Errors: NoSuchUpload.
[[nodiscard]] core::Result<UploadRow> FindUpload(db::Transaction& transaction, const UploadId& id);
[[nodiscard]] core::Status RemoveUpload(db::Transaction& transaction, const UploadId& id);

/// The columns that UploadOf takes, in its order.
constexpr auto kUploadColumns = "key, name, id, initiated, detail";
[[nodiscard]] core::Result<UploadRow> UploadOf(const std::string& bucket, const db::Row& row);

/// At most `limit` parts numbered above `after`, in order.
[[nodiscard]] core::Result<std::vector<PartRow>> PartsOf(db::Transaction& transaction,
                                                         int64_t upload, int after, int limit);
/// All of them.
[[nodiscard]] core::Result<std::vector<PartRow>> PartsOf(db::Transaction& transaction,
                                                         int64_t upload);
[[nodiscard]] core::Status StorePart(db::Transaction& transaction, int64_t upload,
                                     const PartRow& part);
/// Lets go of one part; no error where it is not there. `discarded` as in
/// BlobStore::RemoveReference.
[[nodiscard]] core::Status ReleasePart(db::Transaction& transaction, int64_t upload, int number,
                                       std::vector<BlobId>& discarded);
/// Lets go of all of them, or, where they are many, notes that it is to be done
/// (ReleaseSomeDropped): `discarded` then gets kDroppedUpload.
[[nodiscard]] core::Status ReleaseParts(db::Transaction& transaction, int64_t upload,
                                        std::vector<BlobId>& discarded);
/// Lets go of at most `most` parts of uploads that are to be; false when none is left.
[[nodiscard]] core::Result<bool> ReleaseSomeDropped(db::Transaction& transaction, int most,
                                                    std::vector<BlobId>& discarded);
/// Gives another upload number the same parts, with references of its own.
[[nodiscard]] core::Status ShareParts(db::Transaction& transaction, int64_t from, int64_t to);

}  // namespace gyre::objects::detail
