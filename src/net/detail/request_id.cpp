#include "net/detail/request_id.h"

#include <cstdint>
#include <cstring>

#include "core/digest.h"

namespace gyre::net::detail {
namespace {

/// splitmix64's finaliser: a bijection, so a counter through it never repeats.
uint64_t Mix(uint64_t x) {
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
    return x ^ (x >> 31);
}

struct Source {
    uint64_t high = 0;
    uint64_t low = 0;
    uint64_t count = 0;

    Source() {
        const std::string seed = core::RandomBytes(2 * sizeof(uint64_t));
        std::memcpy(&high, seed.data(), sizeof high);
        std::memcpy(&low, seed.data() + sizeof high, sizeof low);
    }
};

}  // namespace

std::string NewRequestId() {
    static constexpr char kHex[] = "0123456789abcdef";
    thread_local Source source;
    ++source.count;
    const uint64_t high = (Mix(source.high + source.count) & ~0xF000U) | 0x4000U;  // version 4
    const uint64_t low =
        (Mix(source.low + source.count) & ~(uint64_t{3} << 62)) | (uint64_t{1} << 63);  // variant
    std::string id(36, '-');
    for (size_t nibble = 0, at = 0; nibble < 32; ++nibble, ++at) {
        if (nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20) ++at;
        const uint64_t half = nibble < 16 ? high : low;
        id[at] = kHex[(half >> (60 - 4 * (nibble % 16))) & 15];
    }
    return id;
}

}  // namespace gyre::net::detail
