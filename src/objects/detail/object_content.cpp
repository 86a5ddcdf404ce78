#include "objects/detail/object_content.h"

#include "objects/detail/s3_errors.h"

namespace gyre::objects::detail {
namespace {

struct Piece {
    BlobId blob = 0;
    uint64_t size = 0;
};

core::Result<std::vector<Piece>> PiecesOf(db::Transaction& transaction, const ObjectRow& row) {
    if (row.blob != 0) return std::vector<Piece>{{row.blob, row.info.size}};
    GYRE_ASSIGN(
        const auto parts,
        transaction.Query("SELECT blob, size FROM object_parts WHERE upload = ? ORDER BY number",
                          {row.upload}));
    std::vector<Piece> pieces;
    pieces.reserve(parts.size());
    for (const db::Row& part : parts) {
        pieces.push_back({part.Int(0), static_cast<uint64_t>(part.Int(1))});
    }
    return pieces;
}

}  // namespace

core::Result<Content> ContentOf(db::Transaction& transaction, const ObjectRow& row, uint64_t first,
                                uint64_t length) {
    GYRE_ASSIGN(const auto pieces, PiecesOf(transaction, row));
    Content content;
    uint64_t begin = 0;  // of the piece
    for (const auto& [blob, size] : pieces) {
        const uint64_t end = begin + size;
        if (end > first && begin < first + length) {
            GYRE_ASSIGN(BlobRow found, BlobStore::Find(transaction, blob));
            if (found.size != size) {
                return core::Fail(Damaged("blob " + std::to_string(blob) + ": its size"));
            }
            if (content.blobs.empty()) content.first = first - begin;
            content.blobs.push_back(std::move(found));
        }
        begin = end;
    }
    if (begin == row.info.size) return content;
    return core::Fail(Damaged(row.info.bucket + "/" + row.info.key + ": its parts do not add up"));
}

}  // namespace gyre::objects::detail
