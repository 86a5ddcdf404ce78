#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/result.h"

namespace gyre::core {

/// The content of a gzip file that is all there. Errors: kInvalidArgument for what is none,
/// kResourceExhausted where the content is larger than `limit` bytes.
[[nodiscard]] Result<std::string> Gunzip(std::string_view bytes, size_t limit);
[[nodiscard]] std::string Gzip(std::string_view bytes);

/// The same for zlib's own format (RFC 1950), which HTTP calls "deflate".
[[nodiscard]] Result<std::string> Unzlib(std::string_view bytes, size_t limit);
[[nodiscard]] std::string Zlib(std::string_view bytes);

/// The content of a gzip file, of one member or several, piece by piece. Not thread-safe.
class GunzipStream {
  public:
    GunzipStream();
    ~GunzipStream();
    GunzipStream(const GunzipStream&) = delete;
    GunzipStream& operator=(const GunzipStream&) = delete;

    /// Takes from the front of `packed` and fills `into`; how much it wrote, 0 where it needs more.
    /// Errors: kInvalidArgument for what is no gzip data.
    [[nodiscard]] Result<size_t> Inflate(std::string_view& packed, std::span<char> into);
    /// True before the first byte and after a member's last: where a file may end.
    [[nodiscard]] bool AtEnd() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace gyre::core
