#include "objects/detail/blob_store.h"
#include "objects/detail/copy_rules.h"
#include "objects/detail/group_commit.h"
#include "objects/detail/multipart_rules.h"
#include "objects/detail/object_row.h"
#include "objects/detail/s3_errors.h"
#include "objects/detail/upload_row.h"
#include "objects/detail/verified_sums.h"
#include "objects/local_store.h"
#include "objects/names.h"

namespace gyre::objects {
namespace {

using core::Status;
using detail::ObjectRow;

constexpr auto kRedirect = "x-amz-website-redirect-location";

bool HasWholeSum(const ObjectInfo& info, ChecksumAlgorithm algorithm) {
    return !info.composite_checksum &&
           info.checksums.contains(std::string(ChecksumName(algorithm)));
}

ObjectInfo TargetOf(const ObjectInfo& source, const std::string& bucket, const std::string& key,
                    const CopyOptions& options) {
    ObjectInfo target = source;
    target.bucket = bucket;
    target.key = key;
    target.acl = options.acl;
    if (options.tags) target.tags = *options.tags;
    if (options.metadata) {
        target.content_type = options.metadata->content_type;
        target.system_metadata = options.metadata->system;
        target.user_metadata = options.metadata->user;
        return target;
    }
    target.system_metadata.erase(kRedirect);
    if (!options.website_redirect.empty()) {
        target.system_metadata[kRedirect] = options.website_redirect;
    }
    return target;
}

GetOptions ReadingOf(const CopySource& source) {
    GetOptions reading;
    reading.conditions = source.conditions;
    reading.version = source.version;
    return reading;
}

}  // namespace

core::Result<std::map<std::string, std::string>> LocalStore::SumSource(
    const CopySource& source, const GetOptions& reading, ChecksumAlgorithm algorithm) {
    GYRE_ASSIGN(const auto got, GetObject(source.bucket, source.key, reading));
    if (got.not_modified) return core::Fail(detail::SourceConditionFailed(source.conditions));
    Checksummer summer({algorithm});
    std::string piece(4 * detail::kBlockSize, '\0');
    while (true) {
        GYRE_ASSIGN(const size_t size, got.body->Read({piece.data(), piece.size()}));
        if (size == 0) break;
        summer.Update({piece.data(), size});
    }
    return detail::ToInfo(summer.Finish());
}

core::Result<CopyResult> LocalStore::CopyObject(const CopySource& source, const std::string& bucket,
                                                const std::string& key,
                                                const CopyOptions& options) {
    GYRE_TRY(CheckKey(source.key));
    GYRE_TRY(CheckKey(key));
    GYRE_TRY(CheckRoom());
    if (source.bucket == bucket && source.key == key && source.version.empty() &&
        !options.metadata && !options.tags && !options.changes && !options.algorithm &&
        options.website_redirect.empty()) {
        return core::Fail(detail::InvalidRequest(
            "This copy request is illegal because it is trying to copy an object to itself without "
            "changing the object's metadata, storage class, website redirect location or "
            "encryption attributes."));
    }
    ObjectRow seen;
    const Status looked = database_.Read([&](db::Transaction& transaction) -> Status {
        GYRE_ASSIGN(seen, detail::FindSource(transaction, source));
        return {};
    });
    GYRE_TRY(looked);
    std::map<std::string, std::string> sums;
    if (options.algorithm && !HasWholeSum(seen.info, *options.algorithm)) {
        GYRE_ASSIGN(sums, SumSource(source, ReadingOf(source), *options.algorithm));
    }
    GYRE_ASSIGN(const int64_t upload, blobs_->NewId());
    std::vector<detail::BlobId> discarded;
    ObjectRow row;
    const Status done = commits_->Run([&](db::Transaction& transaction) -> Status {
        GYRE_ASSIGN(const ObjectRow now, detail::FindSource(transaction, source));
        if (now.blob != seen.blob || now.upload != seen.upload) {
            return core::Fail(detail::SourceChanged());
        }
        row = {TargetOf(now.info, bucket, key, options), now.blob, 0, "", "", 0, false};
        row.info.modified = clock_.WallNow();
        if (!sums.empty()) {
            row.info.checksums = sums;
            row.info.composite_checksum = false;
        }
        // The copy's references come before Replace drops those of the object in its place, which
        // may be the source itself.
        if (now.blob != 0) {
            GYRE_TRY(detail::BlobStore::AddReference(transaction, now.blob));
        } else {
            row.upload = upload;
            GYRE_TRY(detail::ShareParts(transaction, now.upload, upload));
        }
        GYRE_TRY(Replace(transaction, row, options.conditions, discarded));
        return blobs_->TidyUp(transaction);
    });
    GYRE_TRY(done);
    CleanUp(discarded);
    Tell("ObjectCreated:Copy", row.info, options.by);
    return CopyResult{std::move(row.info), std::move(seen.info.version)};
}

core::Result<CopyPartResult> LocalStore::CopyPart(const UploadId& upload, int number,
                                                  const CopySource& source) {
    GYRE_TRY(CheckKey(upload.key));
    GYRE_TRY(CheckKey(source.key));
    GYRE_TRY(detail::CheckPartNumber(number));
    std::optional<ByteRange> range;
    std::optional<detail::PartRow> shared;
    ChecksumAlgorithm algorithm{};
    std::string version;
    const auto look = [&](db::Transaction& transaction) -> Status {
        GYRE_ASSIGN(const auto target, detail::FindUpload(transaction, upload));
        GYRE_ASSIGN(const ObjectRow row, detail::FindSource(transaction, source));
        GYRE_ASSIGN(range, detail::CopiedRange(source.range, row.info.size));
        GYRE_ASSIGN(shared, detail::StoredPiece(transaction, row, range));
        algorithm = target.Algorithm();
        version = row.info.version;
        return {};
    };
    GYRE_TRY(database_.Read(look));
    GetOptions reading = ReadingOf(source);
    if (range) {
        reading.range = "bytes=" + std::to_string(range->first) + "-" + std::to_string(range->last);
    }
    if (!shared) {
        GYRE_ASSIGN(const auto got, GetObject(source.bucket, source.key, reading));
        if (got.not_modified) return core::Fail(detail::SourceConditionFailed(source.conditions));
        GYRE_ASSIGN(PartInfo part, WritePart(upload, number, *got.body, {}));
        return CopyPartResult{std::move(part), got.info.version};
    }
    const detail::BlobId seen = shared->blob;
    const std::string name(ChecksumName(algorithm));
    if (!shared->info.checksums.contains(name)) {
        GYRE_ASSIGN(shared->info.checksums, SumSource(source, reading, algorithm));
    }
    const std::string sum = shared->info.checksums.at(name);
    std::vector<detail::BlobId> discarded;
    const Status done = commits_->Run([&](db::Transaction& transaction) -> Status {
        // The source may be another by now; this decides.
        GYRE_TRY(look(transaction));
        if (!shared || shared->blob != seen) return core::Fail(detail::SourceChanged());
        shared->info.number = number;
        shared->info.modified = clock_.WallNow();
        shared->info.checksums = {{name, sum}};
        GYRE_TRY(detail::BlobStore::AddReference(transaction, shared->blob));
        GYRE_TRY(ReplacePart(transaction, upload, *shared, discarded));
        return blobs_->TidyUp(transaction);
    });
    GYRE_TRY(done);
    CleanUp(discarded);
    return CopyPartResult{std::move(shared->info), std::move(version)};
}

}  // namespace gyre::objects
