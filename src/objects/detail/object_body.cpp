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

core::Result<const BlobRow*> ObjectBody::NextBlob() {
    while (blob_ < content_.size() && offset_ >= content_[blob_].size) {
        file_.reset();
        offset_ = 0;
        ++blob_;
    }
    if (blob_ == content_.size()) return core::Fail(Damaged("an object ends too early"));
    const BlobRow& blob = content_[blob_];
    if (!blob.data && !file_) {
        GYRE_ASSIGN(file_, blobs_.OpenFile(blob));
    }
    return &blob;
}

uint64_t ObjectBody::TakeOf(const BlobRow& blob, uint64_t limit) const {
    const uint64_t size = std::min({limit, left_, blob.size - offset_});
    // Up to the end of a block where it can, so that no block is read and summed twice.
    const uint64_t over = (offset_ + size) % kBlockSize;
    return size > over && size < left_ ? size - over : size;
}

core::Result<size_t> ObjectBody::Read(std::span<char> into) {
    if (left_ == 0 || into.empty()) return size_t{0};
    GYRE_ASSIGN(const BlobRow* blob, NextBlob());
    uint64_t size = TakeOf(*blob, into.size());
    if (blob->data) {
        std::memcpy(into.data(), blob->data->data() + offset_, size);
    } else {
        GYRE_ASSIGN(size, file_->ReadAt(offset_, into.first(size)));
    }
    offset_ += size;
    left_ -= size;
    return static_cast<size_t>(size);
}

core::Result<std::optional<net::FileStretch>> ObjectBody::NextInFile(size_t limit) {
    if (left_ == 0 || limit == 0) return std::nullopt;
    GYRE_ASSIGN(const BlobRow* blob, NextBlob());
    if (blob->data) return std::nullopt;
    GYRE_ASSIGN(const net::FileStretch stretch, file_->Check(offset_, TakeOf(*blob, limit)));
    offset_ += stretch.length;
    left_ -= stretch.length;
    return stretch;
}

}  // namespace gyre::objects::detail
