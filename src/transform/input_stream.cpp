#include "transform/input_stream.h"

#include <algorithm>
#include <string>

namespace gyre::transform {
namespace {

constexpr size_t kPiece = 256 << 10;

}  // namespace

GunzipReader::GunzipReader(std::unique_ptr<net::BodyReader> packed)
    : packed_(std::move(packed)), piece_(kPiece, '\0') {
}

core::Result<size_t> GunzipReader::Read(std::span<char> into) {
    while (true) {
        GYRE_ASSIGN(const size_t written, stream_.Inflate(rest_, into));
        if (written > 0) return written;
        GYRE_ASSIGN(const size_t read, packed_->Read(piece_));
        if (read == 0) {
            if (stream_.AtEnd()) return size_t{0};
            return core::Fail(core::Code::kInvalidArgument, "the gzip data is cut short");
        }
        rest_ = std::string_view(piece_).substr(0, read);
    }
}

core::Status Skip(net::BodyReader& input, uint64_t bytes) {
    std::string piece(std::min<uint64_t>(bytes, kPiece), '\0');
    while (bytes > 0) {
        const size_t ask = static_cast<size_t>(std::min<uint64_t>(bytes, piece.size()));
        GYRE_ASSIGN(const size_t read, input.Read(std::span(piece).first(ask)));
        if (read == 0) {
            return core::Fail(core::Code::kInvalidArgument, "the object is shorter than it was");
        }
        bytes -= read;
    }
    return {};
}

}  // namespace gyre::transform
