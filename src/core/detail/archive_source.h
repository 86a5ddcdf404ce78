#pragma once

#include <sys/types.h>
#include <zlib.h>

#include <array>
#include <cstdint>
#include <string>

namespace gyre::core::detail {

/// Feeds libarchive from a descriptor, and takes gzip off by itself: libarchive 3.6 does not check
/// gzip's CRC, and a damaged model must not unpack as a whole one. Not thread-safe.
class ArchiveSource {
  public:
    explicit ArchiveSource(int descriptor);
    ~ArchiveSource();
    ArchiveSource(const ArchiveSource&) = delete;
    ArchiveSource& operator=(const ArchiveSource&) = delete;

    [[nodiscard]] bool IsGzip() const { return gzip_; }
    /// The next piece of the unzipped stream: its length, 0 at the end, -1 for damage (see
    /// Problem).
    ssize_t Read(const void** piece);
    /// Reads to the end, so that the checksum is checked too; false for damage.
    bool Drain();
    [[nodiscard]] uint64_t PackedBytes() const { return packed_bytes_; }
    [[nodiscard]] const std::string& Problem() const { return problem_; }

  private:
    bool Refill();

    static constexpr size_t kBlock = 128 * 1024;
    int descriptor_;
    bool gzip_ = false;
    bool end_of_input_ = false;
    bool between_members_ = false;
    bool ended_ = false;
    uint64_t packed_bytes_ = 0;
    std::string problem_;
    std::array<unsigned char, kBlock> packed_{};
    std::array<unsigned char, kBlock> unpacked_{};
    z_stream stream_{};
};

}  // namespace gyre::core::detail
