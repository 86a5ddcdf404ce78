#pragma once

#include <cstdint>
#include <string>

namespace gyre::engine {

/// Why a picture of this size out of a file of `bytes` is not decoded; "" where it is. Both formats
/// pack plain areas about a thousand times, so more than that is a bomb.
[[nodiscard]] inline std::string RefuseSize(uint64_t width, uint64_t height, size_t bytes) {
    constexpr uint64_t kMostSide = 16'384;
    constexpr uint64_t kMostPixels = uint64_t{64} << 20;
    constexpr uint64_t kMostPixelsOfByte = 2'048;
    const std::string size = std::to_string(width) + "x" + std::to_string(height) + " pixels";
    if (width == 0 || height == 0) return "it has no pixels";
    if (width > kMostSide || height > kMostSide || width * height > kMostPixels) {
        return size + " are more than the 16384 each way and 64 megapixels that are taken";
    }
    if (width * height > kMostPixelsOfByte * bytes + (uint64_t{1} << 20)) {
        return size + " do not go with a file of " + std::to_string(bytes) + " bytes";
    }
    return "";
}

}  // namespace gyre::engine
