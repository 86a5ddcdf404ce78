#include "core/gzip.h"

#include <zlib.h>

#include <algorithm>

namespace gyre::core {
namespace {

constexpr int kGzip = 16 + MAX_WBITS;  // zlib's way to ask for gzip's own header
constexpr int kZlib = MAX_WBITS;

constexpr size_t kPiece = size_t{64} << 10;

tl::unexpected<Error> TooLarge(size_t limit) {
    return Fail(Code::kResourceExhausted,
                "what is compressed in it is larger than " + std::to_string(limit) + " bytes");
}

std::string Deflate(std::string_view bytes, int format) {
    z_stream stream{};
    GYRE_CHECK(deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, format, 8,
                            Z_DEFAULT_STRATEGY) == Z_OK);
    std::string packed(deflateBound(&stream, bytes.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    GYRE_CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    return packed;
}

}  // namespace

Result<std::string> Gunzip(std::string_view bytes, size_t limit) {
    GunzipStream stream;
    std::string content;
    std::string piece(std::min(limit + 1, kPiece), '\0');
    const bool empty = bytes.empty();
    while (content.size() <= limit) {
        GYRE_ASSIGN(const size_t got, stream.Inflate(bytes, piece));
        if (got == 0) break;
        content.append(piece, 0, got);
    }
    if (content.size() > limit) return TooLarge(limit);
    if (empty || !stream.AtEnd()) return Fail(Code::kInvalidArgument, "it is no gzip data");
    return content;
}

std::string Gzip(std::string_view bytes) {
    return Deflate(bytes, kGzip);
}

Result<std::string> Unzlib(std::string_view bytes, size_t limit) {
    z_stream stream{};
    GYRE_CHECK(inflateInit2(&stream, kZlib) == Z_OK);
    std::string content;
    std::string piece(std::min(limit + 1, kPiece), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    int state = Z_OK;
    while (state == Z_OK && content.size() <= limit) {
        stream.next_out = reinterpret_cast<Bytef*>(piece.data());
        stream.avail_out = static_cast<uInt>(piece.size());
        state = inflate(&stream, Z_NO_FLUSH);
        content.append(piece, 0, piece.size() - stream.avail_out);
    }
    const bool all = stream.avail_in == 0;
    inflateEnd(&stream);
    if (content.size() > limit) return TooLarge(limit);
    if (state != Z_STREAM_END || !all) {
        return Fail(Code::kInvalidArgument, "it is no deflate data");
    }
    return content;
}

std::string Zlib(std::string_view bytes) {
    return Deflate(bytes, kZlib);
}

struct GunzipStream::Impl {
    Impl() { GYRE_CHECK(inflateInit2(&stream, kGzip) == Z_OK); }
    ~Impl() { inflateEnd(&stream); }
    z_stream stream{};
    bool between = true;  ///< members
};

GunzipStream::GunzipStream() : impl_(std::make_unique<Impl>()) {
}

GunzipStream::~GunzipStream() = default;

Result<size_t> GunzipStream::Inflate(std::string_view& packed, std::span<char> into) {
    z_stream& stream = impl_->stream;
    stream.next_out = reinterpret_cast<Bytef*>(into.data());
    stream.avail_out = static_cast<uInt>(into.size());
    // Also without input: what did not fit into the last piece is still in the stream.
    while (stream.avail_out != 0 && !(impl_->between && packed.empty())) {
        if (impl_->between) GYRE_CHECK(inflateReset(&stream) == Z_OK);
        impl_->between = false;
        stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
        stream.avail_in = static_cast<uInt>(packed.size());
        const int state = inflate(&stream, Z_NO_FLUSH);
        packed.remove_prefix(packed.size() - stream.avail_in);
        if (state == Z_BUF_ERROR) break;  // it needs more
        if (state == Z_STREAM_END) {
            impl_->between = true;
        } else if (state != Z_OK) {
            return Fail(Code::kInvalidArgument, "it is no gzip data");
        }
    }
    return into.size() - stream.avail_out;
}

bool GunzipStream::AtEnd() const {
    return impl_->between;
}

}  // namespace gyre::core
