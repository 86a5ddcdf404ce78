#include "net/exchange.h"

#include <algorithm>
#include <vector>

#include "core/file_system.h"

namespace gyre::net {

core::Status BodyWriter::WriteFrom(const FileStretch& stretch) {
    constexpr uint64_t kPiece = uint64_t{256} << 10;
    std::vector<char> piece(std::min(stretch.length, kPiece));
    for (uint64_t done = 0; done < stretch.length;) {
        const std::span<char> room =
            std::span(piece).first(std::min<uint64_t>(piece.size(), stretch.length - done));
        GYRE_ASSIGN(const size_t got, stretch.file->ReadAt(stretch.offset + done, room));
        if (got == 0) return core::Fail(core::Code::kDataLoss, "a file ends too early");
        GYRE_TRY(Write({room.data(), got}));
        done += got;
    }
    return {};
}

}  // namespace gyre::net
