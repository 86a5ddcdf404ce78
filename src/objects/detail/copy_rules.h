#pragma once

#include <optional>
#include <string>

#include "objects/byte_range.h"
#include "objects/detail/object_row.h"
#include "objects/detail/upload_row.h"
#include "objects/store_requests.h"

namespace gyre::objects::detail {

[[nodiscard]] core::Error SourceConditionFailed(const Conditions& conditions);
[[nodiscard]] core::Error SourceChanged();

/// The object to copy from. Errors: NoSuchBucket, NoSuchKey, PreconditionFailed (also where reading
/// it would answer "not modified").
[[nodiscard]] core::Result<ObjectRow> FindSource(db::Transaction& transaction,
                                                 const CopySource& source);

/// x-amz-copy-source-range, which unlike Range needs both ends, within the object; nullopt for "".
/// Errors: InvalidArgument.
[[nodiscard]] core::Result<std::optional<ByteRange>> CopiedRange(std::string_view range,
                                                                 uint64_t size);

/// The stretch of the object (nullopt: all of it) as a part to share, where it is stored as one
/// blob; nullopt where its bytes have to be copied.
[[nodiscard]] core::Result<std::optional<PartRow>> StoredPiece(
    db::Transaction& transaction, const ObjectRow& row, const std::optional<ByteRange>& range);

}  // namespace gyre::objects::detail
