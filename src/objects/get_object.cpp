#include "objects/detail/object_body.h"
#include "objects/detail/object_content.h"
#include "objects/detail/s3_errors.h"
#include "objects/detail/upload_row.h"
#include "objects/detail/version_row.h"
#include "objects/local_store.h"
#include "objects/names.h"

namespace gyre::objects {
namespace {

using core::Status;
using detail::ObjectRow;

/// Where the n-th part lies (from 1). An object that was put whole is its own first part.
core::Result<std::optional<ByteRange>> RangeOfPart(db::Transaction& transaction,
                                                   const ObjectRow& row, int number) {
    if (row.blob != 0) {
        if (number == 1) return std::nullopt;
    } else {
        GYRE_ASSIGN(
            const auto parts,
            transaction.Query("SELECT size FROM object_parts WHERE upload = ? ORDER BY number",
                              {row.upload}));
        uint64_t first = 0;
        for (size_t i = 0; i < parts.size(); ++i) {
            const auto size = static_cast<uint64_t>(parts[i].Int(0));
            if (static_cast<int>(i) + 1 == number && size > 0) {
                return ByteRange{first, first + size - 1};
            }
            first += size;
        }
    }
    return core::Fail(detail::S3Error(core::Code::kInvalidArgument, 416, "InvalidPartNumber",
                                      "The requested partnumber is not satisfiable")
                          .With("PartNumberRequested", std::to_string(number)));
}

/// The checksums of the n-th part, which is there.
core::Result<std::map<std::string, std::string>> SumsOfPart(db::Transaction& transaction,
                                                            const ObjectRow& row, int number) {
    GYRE_ASSIGN(auto parts, detail::PartsOf(transaction, row.upload));
    const auto index = static_cast<size_t>(number) - 1;
    return index < parts.size() ? std::move(parts[index].info.checksums)
                                : std::map<std::string, std::string>();
}

/// The error for a version that is not there; it tells of a delete marker that hides the object.
core::Error NotThere(db::Transaction& transaction, const detail::BucketState& state,
                     const ObjectName& name) {
    if (!name.version.empty()) return detail::NoSuchVersion(name.key, name.version);
    core::Error error = detail::NoSuchKey(name.key);
    if (state.versioning == Versioning::kOff) return error;
    const auto newest = detail::NewestBehind(transaction, name.bucket, name.key);
    if (!newest) return newest.error();
    if (!*newest) return error;
    return std::move(error)
        .With("x-amz-delete-marker", "true")
        .With("x-amz-version-id", state.Shown((*newest)->version));
}

core::Error IsMarker(const ObjectInfo& marker) {
    return detail::S3Error(core::Code::kFailedPrecondition, 405, "MethodNotAllowed",
                           "The specified method is not allowed against this resource.")
        .With("Method", "GET")
        .With("ResourceType", "DeleteMarker")
        .With("Allow", "DELETE")
        .With("Last-Modified", core::HttpDate(marker.modified))
        .With("x-amz-delete-marker", "true")
        .With("x-amz-version-id", marker.version);
}

}  // namespace

core::Result<GetResult> LocalStore::GetObject(const std::string& bucket, const std::string& key,
                                              const GetOptions& options) {
    GYRE_TRY(CheckKey(key));
    GYRE_TRY(detail::CheckVersionName(options.version));
    if (!options.range.empty() && options.part_number) {
        return core::Fail(
            detail::InvalidRequest("Cannot specify both Range header and partNumber query "
                                   "parameter"));
    }
    auto hold = std::make_unique<detail::Reclaimer::Hold>(blobs_->Reclaim());
    GetResult result;
    detail::Content content;
    const Status done = database_.Read([&](db::Transaction& transaction) -> Status {
        GYRE_ASSIGN(const auto state, detail::RequireBucket(transaction, bucket));
        const ObjectName name{bucket, key, options.version};
        GYRE_ASSIGN(auto row, detail::FindVersion(transaction, name));
        if (!row) return core::Fail(NotThere(transaction, state, name));
        row->info.version = state.Shown(row->version);
        if (row->marker) return core::Fail(IsMarker(row->info));
        switch (CheckForRead(options.conditions, row->info.etag, row->info.modified)) {
            case ConditionOutcome::kFailed:
                return core::Fail(detail::PreconditionFailed(
                    options.conditions.if_match.empty() ? "If-Unmodified-Since" : "If-Match"));
            case ConditionOutcome::kNotModified:
                result.not_modified = true;
                break;
            case ConditionOutcome::kProceed:
                break;
        }
        if (!result.not_modified) {
            if (options.part_number) {
                GYRE_ASSIGN(result.range, RangeOfPart(transaction, *row, *options.part_number));
                if (row->blob == 0) {
                    GYRE_ASSIGN(result.part_checksums,
                                SumsOfPart(transaction, *row, *options.part_number));
                }
            } else {
                GYRE_ASSIGN(result.range, ParseRange(options.range, row->info.size));
            }
            result.length = result.range ? result.range->Length() : row->info.size;
            if (options.with_body) {
                GYRE_ASSIGN(content, detail::ContentOf(transaction, *row,
                                                       result.range ? result.range->first : 0,
                                                       result.length));
            }
        }
        result.info = std::move(row->info);
        return {};
    });
    GYRE_TRY(done);
    if (!options.with_body || result.not_modified) return result;
    result.body = std::make_unique<detail::ObjectBody>(
        *blobs_, std::move(hold), std::move(content.blobs), content.first, result.length);
    return result;
}

}  // namespace gyre::objects
