#include "objects/detail/crc.h"

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

}  // namespace

uint64_t Crc64Nvme(std::string_view bytes, uint64_t before) {
    uint64_t value = ~before;
    const char* next = bytes.data();
    size_t left = bytes.size();
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
    return ~value;
}

}  // namespace gyre::objects::detail
