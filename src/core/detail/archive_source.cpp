#include "core/detail/archive_source.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/result.h"

namespace gyre::core::detail {

ArchiveSource::ArchiveSource(int descriptor) : descriptor_(descriptor) {
    if (Refill() && stream_.avail_in >= 2 && packed_[0] == 0x1f && packed_[1] == 0x8b) {
        gzip_ = true;
        GYRE_CHECK(inflateInit2(&stream_, 15 + 16) == Z_OK);
    }
}

ArchiveSource::~ArchiveSource() {
    if (gzip_) inflateEnd(&stream_);
}

bool ArchiveSource::Refill() {
    ssize_t count = 0;
    do {
        count = read(descriptor_, packed_.data(), packed_.size());
    } while (count < 0 && errno == EINTR);
    if (count < 0) problem_ = std::string("cannot read: ") + strerror(errno);
    if (count <= 0) {
        end_of_input_ = true;
        return false;
    }
    packed_bytes_ += static_cast<uint64_t>(count);
    stream_.next_in = packed_.data();
    stream_.avail_in = static_cast<unsigned>(count);
    return true;
}

ssize_t ArchiveSource::Read(const void** piece) {
    if (!problem_.empty()) return -1;
    if (ended_) return 0;
    stream_.next_out = unpacked_.data();
    stream_.avail_out = static_cast<unsigned>(unpacked_.size());
    while (stream_.avail_out == unpacked_.size()) {
        if (stream_.avail_in == 0 && (end_of_input_ || !Refill())) {
            if (!problem_.empty()) return -1;
            if (between_members_) {
                ended_ = true;
                return 0;
            }
            problem_ = "the gzip stream ends too early";
            return -1;
        }
        if (between_members_) {
            // What follows the last member is padding unless it begins another one.
            if (*stream_.next_in != 0x1f) {
                ended_ = true;
                return 0;
            }
            inflateReset(&stream_);
            between_members_ = false;
        }
        const int outcome = inflate(&stream_, Z_NO_FLUSH);
        if (outcome == Z_STREAM_END) {
            between_members_ = true;
        } else if (outcome != Z_OK && outcome != Z_BUF_ERROR) {
            problem_ = std::string("the gzip stream is damaged") +
                       (stream_.msg ? std::string(": ") + stream_.msg : std::string());
            return -1;
        }
    }
    *piece = unpacked_.data();
    return static_cast<ssize_t>(unpacked_.size() - stream_.avail_out);
}

bool ArchiveSource::Drain() {
    const void* piece = nullptr;
    ssize_t count = 0;
    do {
        count = Read(&piece);
    } while (count > 0);
    return count == 0;
}

}  // namespace gyre::core::detail
