#include "core/bzip2.h"

#include <bzlib.h>

namespace gyre::core {

struct BunzipStream::Impl {
    ~Impl() { BZ2_bzDecompressEnd(&stream); }
    void Begin() {
        BZ2_bzDecompressEnd(&stream);
        stream = {};
        GYRE_CHECK(BZ2_bzDecompressInit(&stream, 0, 0) == BZ_OK);
        between = false;
    }
    bz_stream stream{};
    bool between = true;  ///< streams
};

BunzipStream::BunzipStream() : impl_(std::make_unique<Impl>()) {
}

BunzipStream::~BunzipStream() = default;

Result<size_t> BunzipStream::Inflate(std::string_view& packed, std::span<char> into) {
    bz_stream& stream = impl_->stream;
    size_t wrote = 0;
    // Also without input: what did not fit into the last piece is still in the stream.
    while (wrote < into.size() && !(impl_->between && packed.empty())) {
        if (impl_->between) impl_->Begin();
        stream.next_in = const_cast<char*>(packed.data());
        stream.avail_in = static_cast<unsigned>(packed.size());
        stream.next_out = into.data() + wrote;
        stream.avail_out = static_cast<unsigned>(into.size() - wrote);
        const int state = BZ2_bzDecompress(&stream);
        const size_t took = packed.size() - stream.avail_in;
        const size_t gave = into.size() - wrote - stream.avail_out;
        packed.remove_prefix(took);
        wrote += gave;
        if (state == BZ_STREAM_END) {
            impl_->between = true;
        } else if (state != BZ_OK) {
            return Fail(Code::kInvalidArgument, "it is no bzip2 data");
        } else if (took == 0 && gave == 0) {
            break;  // it needs more
        }
    }
    return wrote;
}

bool BunzipStream::AtEnd() const {
    return impl_->between;
}

}  // namespace gyre::core
