#include "graph/storage/id_maker.h"

namespace gyre::graph {
namespace {

/// splitmix64's last steps: every bit of the input reaches every bit of the result.
uint64_t Scramble(uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
}

}  // namespace

uint64_t IdMaker::High(char kind, uint64_t number) const {
    const uint64_t mixed = Scramble(salt_ ^ Scramble(number * 256 + static_cast<uint8_t>(kind)));
    return (mixed & ~uint64_t{0xF000}) | 0x4000;  // version 4
}

Uuid IdMaker::Make(char kind, uint64_t number) const {
    const uint64_t high = High(kind, number);
    const uint64_t low = (uint64_t{1} << 63) | ((number ^ mask_) & kNumberBits);  // variant 10
    Uuid uuid;
    for (size_t i = 0; i < 8; ++i) {
        uuid.bytes[i] = static_cast<uint8_t>(high >> (56 - 8 * i));
        uuid.bytes[i + 8] = static_cast<uint8_t>(low >> (56 - 8 * i));
    }
    return uuid;
}

std::optional<uint64_t> IdMaker::NumberOf(char kind, const Uuid& uuid) const {
    uint64_t low = 0;
    for (size_t i = 8; i < 16; ++i) low = low << 8 | uuid.bytes[i];
    const uint64_t number = (low ^ mask_) & kNumberBits;
    if (Make(kind, number) != uuid) return std::nullopt;
    return number;
}

}  // namespace gyre::graph
