#include "objects/detail/object_body.h"

#include <algorithm>
#include <cstring>

#include "objects/detail/s3_errors.h"

namespace gyre::objects::detail {

ObjectBody::ObjectBody(BlobStore& blobs, std::unique_ptr<Reclaimer::Hold> hold,
                       std::vector<BlobRow> content, uint64_t first, uint64_t length)
    : blobs_(blobs),
      hold_(std::move(hold)),
      content_(std::move(content)),
      length_(length),
      left_(length),
      offset_(first) {
    while (blob_ < content_.size() && offset_ >= content_[blob_].size) {
        offset_ -= content_[blob_++].size;
    }
}

core::Result<size_t> ObjectBody::Read(std::span<char> into) {
    if (left_ == 0 || into.empty()) return size_t{0};
    while (blob_ < content_.size() && offset_ >= content_[blob_].size) {
        file_.reset();
        offset_ = 0;
        ++blob_;
    }
    if (blob_ == content_.size()) return core::Fail(Damaged("an object ends too early"));
    const BlobRow& blob = content_[blob_];
    uint64_t size = std::min({uint64_t{into.size()}, left_, blob.size - offset_});
    if (blob.data) {
        std::memcpy(into.data(), blob.data->data() + offset_, size);
    } else {
        if (!file_) {
            GYRE_ASSIGN(file_, blobs_.OpenFile(blob));
        }
        // Stops at the end of a block where it can, so that no block is read and summed twice.
        const uint64_t over = (offset_ + size) % kBlockSize;
        if (size > over && size < left_) size -= over;
        GYRE_ASSIGN(size, file_->ReadAt(offset_, into.first(size)));
    }
    offset_ += size;
    left_ -= size;
    return static_cast<size_t>(size);
}

}  // namespace gyre::objects::detail
