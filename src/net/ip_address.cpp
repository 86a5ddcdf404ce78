#include "net/ip_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

namespace gyre::net {
namespace {

struct Block4 {
    uint32_t first;
    int bits;
};
constexpr std::array kSpecial4 = {
    Block4{0x00000000, 8},   // "this network"
    Block4{0x0A000000, 8},   // private
    Block4{0x64400000, 10},  // shared by carriers
    Block4{0x7F000000, 8},   // loopback
    Block4{0xA9FE0000, 16},  // link-local, and clouds' metadata
    Block4{0xAC100000, 12},  // private
    Block4{0xC0000000, 24},  // protocol assignments
    Block4{0xC0000200, 24},  // documentation
    Block4{0xC0586300, 24},  // 6to4 relays
    Block4{0xC0A80000, 16},  // private
    Block4{0xC6120000, 15},  // benchmarks
    Block4{0xC6336400, 24},  // documentation
    Block4{0xCB007100, 24},  // documentation
    Block4{0xE0000000, 3},   // multicast, reserved, broadcast
};

bool IsPublic4(uint32_t ip) {
    return std::ranges::none_of(kSpecial4, [&](const Block4& block) {
        return ip >> (32 - block.bits) == block.first >> (32 - block.bits);
    });
}

uint32_t Four(std::span<const uint8_t> bytes) {
    return uint32_t{bytes[0]} << 24 | uint32_t{bytes[1]} << 16 | uint32_t{bytes[2]} << 8 | bytes[3];
}

bool IsPublic6(const std::array<uint8_t, 16>& ip) {
    const std::span<const uint8_t> bytes(ip);
    const uint32_t head = Four(bytes);
    const bool zeros = head == 0 && Four(bytes.subspan(4)) == 0;
    const uint32_t third = Four(bytes.subspan(8));
    if (zeros && third == 0x0000FFFF) return IsPublic4(Four(bytes.subspan(12)));  // ::ffff:a.b.c.d
    if (head == 0x0064FF9B && third == 0 && Four(bytes.subspan(4)) == 0) {
        return IsPublic4(Four(bytes.subspan(12)));  // 64:ff9b::a.b.c.d
    }
    // Only 2000::/3 is given out; of it not Teredo and its like, documentation, 6to4.
    return (ip[0] & 0xE0) == 0x20 && head >> 9 != 0x20010000U >> 9 && head != 0x20010DB8U &&
           head >> 16 != 0x2002U && head >> 12 != 0x3FFF0U;
}

}  // namespace

bool IsPublicAddress(const std::string& ip) {
    in_addr four{};
    if (inet_pton(AF_INET, ip.c_str(), &four) == 1) return IsPublic4(ntohl(four.s_addr));
    std::array<uint8_t, 16> six{};
    if (inet_pton(AF_INET6, ip.c_str(), six.data()) == 1) return IsPublic6(six);
    return false;
}

}  // namespace gyre::net
