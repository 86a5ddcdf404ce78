#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/result.h"

namespace gyre::objects {

/// Bytes `first` to `last`, both inclusive.
struct ByteRange {
    uint64_t first = 0;
    uint64_t last = 0;
    [[nodiscard]] uint64_t Length() const { return last - first + 1; }
    bool operator==(const ByteRange&) const = default;
};

/// A Range header over an object of `size` bytes: "bytes=0-9", "bytes=9-", "bytes=-9". nullopt
/// where it does not count (another unit, several ranges, no sense), as RFC 9110 has it. Errors:
/// InvalidRange (416) where nothing of the object is in it.
[[nodiscard]] core::Result<std::optional<ByteRange>> ParseRange(std::string_view header,
                                                                uint64_t size);

}  // namespace gyre::objects
