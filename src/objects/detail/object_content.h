#pragma once

#include <vector>

#include "db/database.h"
#include "objects/detail/blob_store.h"
#include "objects/detail/object_row.h"

namespace gyre::objects::detail {

/// A stretch of an object: the blobs that hold it, and where it begins in the first of them.
struct Content {
    std::vector<BlobRow> blobs;
    uint64_t first = 0;
};

/// `length` bytes of the object from `first` on, which it has. Errors: kDataLoss where what is
/// stored does not add up to the object.
[[nodiscard]] core::Result<Content> ContentOf(db::Transaction& transaction, const ObjectRow& row,
                                              uint64_t first, uint64_t length);

}  // namespace gyre::objects::detail
