#pragma once

#include <memory>
#include <vector>

#include "net/exchange.h"
#include "objects/detail/blob_store.h"

namespace gyre::objects::detail {

/// The bytes of an object, or a stretch of them, over its blobs; each was checked before it is
/// given out (errors: kDataLoss). Holds the blobs' files as long as it lives. One reader at a time.
class ObjectBody final : public net::BodyReader {
  public:
    ObjectBody(BlobStore& blobs, std::unique_ptr<Reclaimer::Hold> hold,
               std::vector<BlobRow> content, uint64_t first, uint64_t length);
    core::Result<size_t> Read(std::span<char> into) override;
    std::optional<uint64_t> Length() const override { return length_; }
    core::Result<std::optional<net::FileStretch>> NextInFile(size_t limit) override;

  private:
    /// The blob that holds the next byte, which is not the end. Errors: kDataLoss.
    [[nodiscard]] core::Result<const BlobRow*> NextBlob();
    /// Bytes to take of it at once, at most `limit`.
    [[nodiscard]] uint64_t TakeOf(const BlobRow& blob, uint64_t limit) const;

    BlobStore& blobs_;
    std::unique_ptr<Reclaimer::Hold> hold_;
    std::vector<BlobRow> content_;
    const uint64_t length_;
    uint64_t left_;
    size_t blob_ = 0;      // index in content_
    uint64_t offset_ = 0;  // within it
    std::unique_ptr<BlobFileReader> file_;
};

}  // namespace gyre::objects::detail
