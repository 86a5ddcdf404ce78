#include "objects/detail/object_body.h"
#include "objects/detail/object_content.h"
#include "objects/detail/s3_errors.h"
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

}  // namespace

core::Result<GetResult> LocalStore::GetObject(const std::string& bucket, const std::string& key,
                                              const GetOptions& options) {
    GYRE_TRY(CheckKey(key));
    if (!options.range.empty() && options.part_number) {
        return core::Fail(
            detail::InvalidRequest("Cannot specify both Range header and partNumber query "
                                   "parameter"));
    }
    auto hold = std::make_unique<detail::Reclaimer::Hold>(blobs_->Reclaim());
    GetResult result;
    detail::Content content;
    const Status done = database_.Read([&](db::Transaction& transaction) -> Status {
        GYRE_TRY(detail::RequireBucket(transaction, bucket));
        GYRE_ASSIGN(auto row, detail::FindObject(transaction, bucket, key));
        if (!row) return core::Fail(detail::NoSuchKey(key));
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
