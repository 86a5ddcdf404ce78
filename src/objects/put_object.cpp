#include "core/digest.h"
#include "objects/detail/blob_store.h"
#include "objects/detail/group_commit.h"
#include "objects/detail/object_row.h"
#include "objects/detail/s3_errors.h"
#include "objects/detail/verified_sums.h"
#include "objects/local_store.h"
#include "objects/names.h"

namespace gyre::objects {
namespace {

using core::Status;
using detail::ObjectRow;

constexpr uint64_t kLargestPut = uint64_t{5} << 30;

Status CheckWrite(const Conditions& conditions, const std::optional<ObjectRow>& present,
                  const std::string& key) {
    if (!conditions.Any()) return {};
    if (!present && !conditions.if_match.empty()) return core::Fail(detail::NoSuchKey(key));
    const auto outcome =
        CheckForWrite(conditions, present ? std::optional(present->info.etag) : std::nullopt,
                      present ? present->info.modified : core::WallTime{});
    if (outcome == ConditionOutcome::kProceed) return {};
    return core::Fail(
        detail::PreconditionFailed(conditions.if_match.empty() ? "If-None-Match" : "If-Match"));
}

}  // namespace

core::Result<ObjectInfo> LocalStore::PutObject(const std::string& bucket, const std::string& key,
                                               net::BodyReader& body, const PutOptions& options) {
    GYRE_TRY(CheckKey(key));
    GYRE_TRY(detail::CheckForm(options.expected));
    GYRE_TRY(CheckBucket(bucket));
    Checksummer summer(detail::AlgorithmsFor(options.expected));
    GYRE_ASSIGN(const auto draft, blobs_->Write(body, summer, kLargestPut));
    const Checksummer::Sums sums = summer.Finish();
    GYRE_TRY(detail::Verify(options.expected, sums));

    ObjectRow row;
    row.info.bucket = bucket;
    row.info.key = key;
    row.info.size = draft->Size();
    row.info.etag = core::HexEncode(sums.md5);
    row.info.modified = clock_.WallNow();
    row.info.content_type = options.metadata.content_type;
    row.info.system_metadata = options.metadata.system;
    row.info.user_metadata = options.metadata.user;
    row.info.checksums = detail::ToInfo(sums);
    row.blob = draft->Id();
    std::vector<detail::BlobId> discarded;
    const Status committed = commits_->Run(
        [&](db::Transaction& transaction) -> Status {
            GYRE_TRY(Replace(transaction, row, options.conditions, discarded));
            GYRE_TRY(draft->Insert(transaction));
            return blobs_->TidyUp(transaction);
        },
        draft->Directory());
    draft->Committed(committed);
    GYRE_TRY(committed);
    blobs_->Reclaim().Discard(discarded);
    Tell("ObjectCreated:Put", row.info, options.by);
    return std::move(row.info);
}

Status LocalStore::Replace(db::Transaction& transaction, const ObjectRow& row,
                           const Conditions& conditions, std::vector<int64_t>& discarded) {
    discarded.clear();
    GYRE_TRY(detail::RequireBucket(transaction, row.info.bucket));
    GYRE_ASSIGN(const auto present, detail::FindObject(transaction, row.info.bucket, row.info.key));
    GYRE_TRY(CheckWrite(conditions, present, row.info.key));
    if (present) GYRE_TRY(detail::ReleaseContent(transaction, *present, discarded));
    return detail::StoreObject(transaction, row);
}

Status LocalStore::DeleteObject(const std::string& bucket, const std::string& key,
                                const Conditions& conditions, const RequestedBy& by) {
    GYRE_TRY(CheckKey(key));
    std::vector<detail::BlobId> discarded;
    std::optional<ObjectRow> present;
    const Status done = commits_->Run([&](db::Transaction& transaction) -> Status {
        discarded.clear();
        GYRE_TRY(detail::RequireBucket(transaction, bucket));
        GYRE_ASSIGN(present, detail::FindObject(transaction, bucket, key));
        GYRE_TRY(CheckWrite(conditions, present, key));
        if (!present) return {};
        GYRE_TRY(detail::ReleaseContent(transaction, *present, discarded));
        GYRE_TRY(
            transaction.Execute("DELETE FROM objects WHERE bucket = ? AND key = ?", {bucket, key}));
        return blobs_->TidyUp(transaction);
    });
    GYRE_TRY(done);
    blobs_->Reclaim().Discard(discarded);
    if (present) Tell("ObjectRemoved:Delete", present->info, by);
    return {};
}

}  // namespace gyre::objects
