#include "objects/detail/crc.h"

#if defined(__x86_64__)
#    include <immintrin.h>
#endif

#include <bit>
#include <cstring>

namespace gyre::objects::detail {
namespace {

using Tables = std::array<std::array<uint64_t, 256>, 8>;

// Table k holds what a byte that stands k places before the end of a word does to the value.
constexpr Tables MakeTables() {
    Tables tables{};
    for (uint64_t byte = 0; byte < 256; ++byte) {
        uint64_t value = byte;
        for (int bit = 0; bit < 8; ++bit) {
            value = (value & 1) ? (value >> 1) ^ 0x9A6C9329AC4BC9B5ULL : value >> 1;
        }
        tables[0][byte] = value;
    }
    for (size_t k = 1; k < 8; ++k) {
        for (size_t byte = 0; byte < 256; ++byte) {
            const uint64_t value = tables[k - 1][byte];
            tables[k][byte] = (value >> 8) ^ tables[0][value & 0xff];
        }
    }
    return tables;
}

constexpr Tables kTables = MakeTables();
static_assert(std::endian::native == std::endian::little);

/// Eight bytes a step. `value` is the running one, its bits not inverted.
uint64_t TableSteps(const char* next, size_t left, uint64_t value) {
    for (; left >= 8; left -= 8, next += 8) {
        uint64_t word = 0;
        std::memcpy(&word, next, 8);
        word ^= value;
        value = kTables[7][word & 0xff] ^ kTables[6][(word >> 8) & 0xff] ^
                kTables[5][(word >> 16) & 0xff] ^ kTables[4][(word >> 24) & 0xff] ^
                kTables[3][(word >> 32) & 0xff] ^ kTables[2][(word >> 40) & 0xff] ^
                kTables[1][(word >> 48) & 0xff] ^ kTables[0][word >> 56];
    }
    for (; left > 0; --left, ++next) {
        value = (value >> 8) ^ kTables[0][(value ^ static_cast<unsigned char>(*next)) & 0xff];
    }
    return value;
}

#if defined(__x86_64__)

// Folding by carry-less multiplication (Gopal et al., "Fast CRC Computation for Generic Polynomials
// Using PCLMULQDQ Instruction", Intel 2009), in reflected order: the product of two reflected words
// stands one bit lower, so a fold over n bits multiplies by x^(n - 1).

/// x to the power of 8 · bytes - 1, modulo the polynomial.
constexpr uint64_t ShiftLessOne(uint64_t bytes) {
    const uint64_t power = Crc64NvmeMath::Shift(bytes);
    return power & Crc64NvmeMath::kHighest ? ((power ^ 0x9A6C9329AC4BC9B5ULL) << 1) | 1
                                           : power << 1;
}

constexpr size_t kLane = 16;
constexpr size_t kStride = 4 * kLane;

__attribute__((target("pclmul,sse2"))) __m128i Load(const char* from) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
}

/// `lane` moved as far on as the constants say.
__attribute__((target("pclmul,sse2"))) __m128i Fold(__m128i lane, __m128i constants) {
    return _mm_xor_si128(_mm_clmulepi64_si128(lane, constants, 0x00),
                         _mm_clmulepi64_si128(lane, constants, 0x11));
}

/// A whole number of strides, at least one.
__attribute__((target("pclmul,sse2"))) uint64_t FoldStrides(const char* next, size_t size,
                                                            uint64_t value) {
    const auto constants = [](uint64_t bytes) __attribute__((target("pclmul,sse2"))) {
        return _mm_set_epi64x(static_cast<int64_t>(ShiftLessOne(bytes)),
                              static_cast<int64_t>(ShiftLessOne(bytes + 8)));
    };
    const __m128i far = constants(kStride);
    const __m128i near = constants(kLane);
    __m128i lanes[4];
    for (size_t i = 0; i < 4; ++i) lanes[i] = Load(next + i * kLane);
    lanes[0] = _mm_xor_si128(lanes[0], _mm_set_epi64x(0, static_cast<int64_t>(value)));
    for (size_t at = kStride; at < size; at += kStride) {
        for (size_t i = 0; i < 4; ++i) {
            lanes[i] = _mm_xor_si128(Fold(lanes[i], far), Load(next + at + i * kLane));
        }
    }
    __m128i folded = lanes[0];
    for (size_t i = 1; i < 4; ++i) folded = _mm_xor_si128(Fold(folded, near), lanes[i]);
    char rest[kLane];
    _mm_storeu_si128(reinterpret_cast<__m128i*>(rest), folded);
    return TableSteps(rest, kLane, 0);
}

#endif

}  // namespace

uint64_t Crc64Nvme(std::string_view bytes, uint64_t before) {
    uint64_t value = ~before;
#if defined(__x86_64__)
    static const bool kCanFold = __builtin_cpu_supports("pclmul");
    if (kCanFold && bytes.size() >= kStride) {
        const size_t folded = bytes.size() - bytes.size() % kStride;
        value = FoldStrides(bytes.data(), folded, value);
        bytes.remove_prefix(folded);
    }
#endif
    return ~TableSteps(bytes.data(), bytes.size(), value);
}

}  // namespace gyre::objects::detail
