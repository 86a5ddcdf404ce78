#include "objects/detail/copy_rules.h"

#include <algorithm>

#include "objects/detail/s3_errors.h"
#include "objects/detail/version_row.h"

namespace gyre::objects::detail {
namespace {

bool IsDigits(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

core::Error SourceConditionFailed(const Conditions& conditions) {
    for (const auto& [given, name] :
         {std::pair{!conditions.if_match.empty(), "x-amz-copy-source-if-match"},
          {!conditions.if_none_match.empty(), "x-amz-copy-source-if-none-match"},
          {conditions.if_unmodified_since.has_value(), "x-amz-copy-source-if-unmodified-since"}}) {
        if (given) return PreconditionFailed(name);
    }
    return PreconditionFailed("x-amz-copy-source-if-modified-since");
}

core::Error SourceChanged() {
    return S3Error(core::Code::kConflict, 409, "OperationAborted",
                   "The source was replaced while it was copied. Please try again.");
}

core::Result<ObjectRow> FindSource(db::Transaction& transaction, const CopySource& source) {
    GYRE_ASSIGN(const auto state, RequireBucket(transaction, source.bucket));
    GYRE_TRY(CheckVersionName(source.version));
    GYRE_ASSIGN(auto row, FindVersion(transaction, {source.bucket, source.key, source.version}));
    if (!row) {
        return core::Fail(source.version.empty() ? NoSuchKey(source.key)
                                                 : NoSuchVersion(source.key, source.version));
    }
    if (row->marker) {
        return core::Fail(
            InvalidRequest("The source of a copy request may not specifically refer to a delete "
                           "marker by version id."));
    }
    row->info.version = state.Shown(row->version);
    if (CheckForRead(source.conditions, row->info.etag, row->info.modified) !=
        ConditionOutcome::kProceed) {
        return core::Fail(SourceConditionFailed(source.conditions));
    }
    return std::move(*row);
}

core::Result<std::optional<ByteRange>> CopiedRange(std::string_view range, uint64_t size) {
    if (range.empty()) return std::nullopt;
    constexpr std::string_view kUnit = "bytes=";
    const std::string_view spec = range.starts_with(kUnit) ? range.substr(kUnit.size()) : "";
    const size_t dash = std::min(spec.find('-'), spec.size());
    const std::string_view last = spec.substr(std::min(dash + 1, spec.size()));
    if (!IsDigits(spec.substr(0, dash)) || !IsDigits(last)) {
        return core::Fail(
            InvalidArgument("The x-amz-copy-source-range value must be of the form "
                            "bytes=first-last where first and last are the zero-based offsets of "
                            "the first and last bytes to copy")
                .With("ArgumentName", "x-amz-copy-source-range")
                .With("ArgumentValue", std::string(range)));
    }
    // The last byte has to be there; ParseRange would cut the range to the object.
    const auto at_end = ParseRange("bytes=" + std::string(last) + "-", size);
    const auto parsed = at_end ? ParseRange(range, size) : at_end;
    if (!parsed || !*parsed) {
        return core::Fail(S3Error(core::Code::kInvalidArgument, 416, "InvalidRange",
                                  "Range specified is not valid for source object of size: " +
                                      std::to_string(size))
                              .With("ArgumentName", "x-amz-copy-source-range")
                              .With("ArgumentValue", std::string(range)));
    }
    return *parsed;
}

core::Result<std::optional<PartRow>> StoredPiece(db::Transaction& transaction, const ObjectRow& row,
                                                 const std::optional<ByteRange>& range) {
    const uint64_t first = range ? range->first : 0;
    const uint64_t length = range ? range->Length() : row.info.size;
    PartRow piece;
    if (row.blob != 0) {
        if (length != row.info.size) return std::nullopt;
        piece.info.size = row.info.size;
        piece.info.etag = row.info.etag;
        piece.info.checksums = row.info.checksums;
        piece.blob = row.blob;
    } else {
        GYRE_ASSIGN(auto parts, PartsOf(transaction, row.upload));
        uint64_t begin = 0;
        const auto found = std::ranges::find_if(parts, [&](const PartRow& part) {
            const bool here = begin == first && part.info.size == length;
            begin += part.info.size;
            return here;
        });
        if (found == parts.end()) return std::nullopt;
        piece = std::move(*found);
    }
    return piece;
}

}  // namespace gyre::objects::detail
