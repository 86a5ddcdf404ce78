#include "core/digest.h"
#include "objects/detail/blob_store.h"
#include "objects/detail/group_commit.h"
#include "objects/detail/object_row.h"
#include "objects/detail/s3_errors.h"
#include "objects/detail/verified_sums.h"
#include "objects/detail/version_row.h"
#include "objects/local_store.h"
#include "objects/names.h"

namespace gyre::objects {

using core::Status;
using detail::ObjectRow;

core::Result<ObjectInfo> LocalStore::PutObject(const std::string& bucket, const std::string& key,
                                               net::BodyReader& body, const PutOptions& options) {
    GYRE_TRY(CheckKey(key));
    GYRE_TRY(detail::CheckForm(options.expected));
    GYRE_TRY(CheckRoom());
    // The commit checks all of it again: checked before, a refusal spares reading a long body.
    const auto announced = body.Length();
    if (!announced || *announced > detail::kLargestInRow) {
        GYRE_TRY(CheckBeforeWrite(bucket, key, options.conditions));
    }
    Checksummer summer(detail::AlgorithmsFor(options.expected));
    GYRE_ASSIGN(const auto draft, blobs_->Write(body, summer, detail::kLargestBody));
    const Checksummer::Sums sums = summer.Finish();
    GYRE_TRY(detail::Verify(options.expected, sums));

    ObjectRow row;
    row.info.bucket = bucket;
    row.info.key = key;
    row.info.etag = core::HexEncode(sums.md5);
    row.info.modified = clock_.WallNow();
    row.info.content_type = options.metadata.content_type;
    row.info.system_metadata = options.metadata.system;
    row.info.user_metadata = options.metadata.user;
    row.info.checksums = detail::ToInfo(sums);
    row.info.tags = options.tags;
    return CommitPut(std::move(row), *draft, options);
}

core::Result<ObjectInfo> LocalStore::CommitPut(ObjectRow row, detail::BlobDraft& draft,
                                               const PutOptions& options) {
    row.info.size = draft.Size();
    row.blob = draft.Id();
    std::vector<detail::BlobId> discarded;
    const Status committed = commits_->Run(
        [&](db::Transaction& transaction) -> Status {
            GYRE_TRY(Replace(transaction, row, options.conditions, discarded));
            GYRE_TRY(draft.Insert(transaction));
            return blobs_->TidyUp(transaction);
        },
        draft.Directory());
    draft.Committed(committed);
    GYRE_TRY(committed);
    CleanUp(discarded);
    Tell(options.event, row.info, options.by);
    return std::move(row.info);
}

Status LocalStore::Replace(db::Transaction& transaction, ObjectRow& row,
                           const Conditions& conditions, std::vector<int64_t>& discarded) {
    discarded.clear();
    const ObjectInfo& info = row.info;
    GYRE_ASSIGN(const auto bucket, detail::RequireBucket(transaction, info.bucket));
    GYRE_ASSIGN(const auto present, detail::FindObject(transaction, info.bucket, info.key));
    GYRE_TRY(detail::CheckWrite(conditions, present, info.key));
    row.version.clear();
    row.seq = 0;
    if (bucket.versioning == Versioning::kOff) {
        if (present) GYRE_TRY(detail::ReleaseContent(transaction, *present, discarded));
    } else {
        GYRE_ASSIGN(row.seq, detail::NextSeq(transaction, info.bucket, info.key, present));
        if (bucket.versioning == Versioning::kSuspended) {
            GYRE_TRY(
                detail::ClearNullVersion(transaction, present, info.bucket, info.key, discarded));
        } else {
            row.version = detail::NewVersionName();
            if (present) GYRE_TRY(detail::SetAside(transaction, *present));
        }
    }
    row.info.version = bucket.Shown(row.version);
    return detail::StoreObject(transaction, row);
}

Status LocalStore::CheckBeforeWrite(const std::string& bucket, const std::string& key,
                                    const Conditions& conditions) {
    return database_.Read([&](db::Transaction& transaction) -> Status {
        GYRE_TRY(detail::RequireBucket(transaction, bucket));
        if (!conditions.Any()) return {};
        GYRE_ASSIGN(const auto present, detail::FindObject(transaction, bucket, key));
        return detail::CheckWrite(conditions, present, key);
    });
}

}  // namespace gyre::objects
