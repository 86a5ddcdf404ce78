#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace gyre::objects::detail {

/// A reflected CRC whose first and last step invert all bits, as the three of S3 are. `Word` is the
/// unsigned type of its width; kPolynomial is in reflected order.
template <typename Word, Word kPolynomial>
struct ReflectedCrc {
    static constexpr Word kHighest = Word{1} << (sizeof(Word) * 8 - 1);

    /// a · b modulo the polynomial.
    static constexpr Word Multiply(Word a, Word b) {
        Word product = 0;
        for (Word bit = kHighest; bit != 0; bit >>= 1) {
            if (a & bit) product ^= b;
            b = (b & 1) ? (b >> 1) ^ kPolynomial : b >> 1;
        }
        return product;
    }

    /// x to the power of 8 · bytes, modulo the polynomial: what `bytes` zero bytes do to a CRC.
    static constexpr Word Shift(uint64_t bytes) {
        Word power = kHighest >> 8;  // x^8
        Word result = kHighest;      // 1
        for (; bytes != 0; bytes >>= 1) {
            if (bytes & 1) result = Multiply(power, result);
            power = Multiply(power, power);
        }
        return result;
    }

    static constexpr Word Combine(Word a, Word b, uint64_t size_of_b) {
        return Multiply(Shift(size_of_b), a) ^ b;
    }
};

using Crc32Math = ReflectedCrc<uint32_t, 0xEDB88320U>;
using Crc32cMath = ReflectedCrc<uint32_t, 0x82F63B78U>;
using Crc64NvmeMath = ReflectedCrc<uint64_t, 0x9A6C9329AC4BC9B5ULL>;

/// CRC-64/NVME. `before` is the value of what came before, 0 for nothing.
[[nodiscard]] uint64_t Crc64Nvme(std::string_view bytes, uint64_t before);

}  // namespace gyre::objects::detail
