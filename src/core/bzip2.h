#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "core/result.h"

namespace gyre::core {

/// The content of a bzip2 file, of one stream or several, piece by piece. Not thread-safe.
class BunzipStream {
  public:
    BunzipStream();
    ~BunzipStream();
    BunzipStream(const BunzipStream&) = delete;
    BunzipStream& operator=(const BunzipStream&) = delete;

    /// Takes from the front of `packed` and fills `into`; how much it wrote, 0 where it needs more.
    /// Errors: kInvalidArgument for what is no bzip2 data.
    [[nodiscard]] Result<size_t> Inflate(std::string_view& packed, std::span<char> into);
    /// True before the first byte and after a stream's last: where a file may end.
    [[nodiscard]] bool AtEnd() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace gyre::core
