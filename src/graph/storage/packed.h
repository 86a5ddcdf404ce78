#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "graph/storage/codec.h"

namespace gyre::graph {

static_assert(std::endian::native == std::endian::little);

/// Numbers below 2^40 of five bytes each, as they lie in a file: a place in a segment, or a
/// vertex's number. Five zero bytes more stand at the end, so that eight can be read anywhere.
class FiveBytes {
  public:
    static constexpr size_t kEach = 5, kSpare = 5;
    explicit FiveBytes(std::string_view bytes) : bytes_(bytes) {}
    [[nodiscard]] size_t Size() const {
        return bytes_.size() < kSpare ? 0 : (bytes_.size() - kSpare) / kEach;
    }
    /// Of a number that is there.
    [[nodiscard]] uint64_t operator[](size_t i) const {
        uint64_t word = 0;
        std::memcpy(&word, bytes_.data() + i * kEach, sizeof word);
        return word & ((uint64_t{1} << 40) - 1);
    }
    static void Append(std::string& bytes, uint64_t number) {
        bytes.append(reinterpret_cast<const char*>(&number), kEach);
    }

  private:
    std::string_view bytes_;
};

inline uint64_t ZigZag(uint64_t difference) {
    return (difference << 1) ^ (uint64_t{0} - (difference >> 63));
}
inline uint64_t UnZigZag(uint64_t folded) {
    return (folded >> 1) ^ (uint64_t{0} - (folded & 1));
}

/// As AppendVarint, to where there is room for kMostVarint bytes; returns the byte after it.
inline constexpr size_t kMostVarint = 10;
inline char* PutVarint(char* at, uint64_t number) {
    for (; number >= 0x80; number >>= 7) *at++ = static_cast<char>(number | 0x80);
    *at++ = static_cast<char>(number);
    return at;
}

/// LEB128 of mostly one or two bytes, from the front of `bytes`; false when it is not there whole.
inline bool ReadSmall(std::string_view& bytes, uint64_t& number) {
    if (!bytes.empty() && static_cast<uint8_t>(bytes[0]) < 0x80) {
        number = static_cast<uint8_t>(bytes[0]);
        bytes.remove_prefix(1);
        return true;
    }
    return ReadVarint(bytes, number);
}

/// Ascending numbers, each as LEB128 of what it is more than the one before.
class DeltaList {
  public:
    DeltaList() = default;
    /// `before`: the number before the first.
    explicit DeltaList(std::string_view bytes, uint64_t before = 0)
        : bytes_(bytes), last_(before) {}
    [[nodiscard]] bool Next(uint64_t& number) {
        uint64_t more = 0;
        if (bytes_.empty() || !ReadSmall(bytes_, more)) return false;
        number = last_ += more;
        return true;
    }

  private:
    std::string_view bytes_;
    uint64_t last_ = 0;
};

}  // namespace gyre::graph
