#include "access/detail/operand.h"

#include <arpa/inet.h>

#include <charconv>
#include <chrono>
#include <cmath>

#include "access/detail/text.h"
#include "access/signature_claim.h"
#include "core/ascii.h"

namespace gyre::access::detail {

std::optional<double> ReadNumber(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) {
        return std::nullopt;
    }
    return value;
}

std::optional<core::WallTime> ReadDate(std::string_view text) {
    // Brought to the form of signatures: without '-' and ':', a fraction cut off.
    std::string basic;
    for (const char c : text.substr(0, text.find('.'))) {
        if (c != '-' && c != ':') basic += c;
    }
    if (const size_t dot = text.find('.'); dot != text.npos) {
        if (!text.ends_with('Z')) return std::nullopt;
        basic += 'Z';
    }
    if (text.size() == 10 && text[4] == '-') basic += "T000000Z";
    if (text.size() > 4 && text[4] == '-') return ParseBasicTime(basic);
    constexpr double kLastSecond = 253'402'300'799.0;
    const auto seconds = ReadNumber(text);
    if (!seconds || *seconds < 0 || *seconds > kLastSecond) return std::nullopt;
    return core::WallTime(core::milliseconds(static_cast<int64_t>(*seconds * 1000)));
}

std::optional<bool> ReadBool(std::string_view text) {
    const std::string lower = core::AsciiLower(text);
    if (lower == "true") return true;
    if (lower == "false") return false;
    return std::nullopt;
}

std::optional<IpNetwork> ReadNetwork(const std::string& text) {
    const size_t slash = text.find('/');
    const std::string address = text.substr(0, slash);
    IpNetwork network;
    network.bytes.resize(16);
    if (inet_pton(AF_INET, address.c_str(), network.bytes.data()) == 1) {
        network.bytes.resize(4);
    } else if (inet_pton(AF_INET6, address.c_str(), network.bytes.data()) != 1) {
        return std::nullopt;
    }
    const int most = static_cast<int>(network.bytes.size()) * 8;
    network.bits = most;
    if (slash == text.npos) return network;
    const char* begin = text.data() + slash + 1;
    const char* last = text.data() + text.size();
    const auto [end, error] = std::from_chars(begin, last, network.bits);
    if (error != std::errc() || end != last || network.bits < 0 || network.bits > most) {
        return std::nullopt;
    }
    return network;
}

bool Contains(const IpNetwork& network, const IpNetwork& address) {
    if (network.bytes.size() != address.bytes.size() || address.bits < network.bits) return false;
    for (int bit = 0; bit < network.bits; bit += 8) {
        const auto i = static_cast<size_t>(bit / 8);
        const int kept = std::min(8, network.bits - bit);
        const int mask = 0xff << (8 - kept) & 0xff;
        if ((static_cast<unsigned char>(network.bytes[i]) & mask) !=
            (static_cast<unsigned char>(address.bytes[i]) & mask)) {
            return false;
        }
    }
    return true;
}

}  // namespace gyre::access::detail
