#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

namespace gyre::telemetry::detail {

/// Little-endian groups of seven bits, as the formats of docs/formats/metric_store.md have them.
inline void PutVarint(std::string& out, uint64_t value) {
    while (value >= 0x80) {
        out.push_back(static_cast<char>(value | 0x80));
        value >>= 7;
    }
    out.push_back(static_cast<char>(value));
}

/// False where `in` ends too early or the number is longer than 64 bits.
[[nodiscard]] inline bool GetVarint(std::string_view& in, uint64_t& value) {
    value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        if (in.empty()) return false;
        const auto byte = static_cast<unsigned char>(in.front());
        in.remove_prefix(1);
        if (shift == 63 && byte > 1) return false;
        value |= static_cast<uint64_t>(byte & 0x7F) << shift;
        if (byte < 0x80) return true;
    }
    return false;
}

inline void PutSigned(std::string& out, int64_t value) {
    PutVarint(out, (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63));
}

[[nodiscard]] inline bool GetSigned(std::string_view& in, int64_t& value) {
    uint64_t coded = 0;
    if (!GetVarint(in, coded)) return false;
    value = static_cast<int64_t>(coded >> 1) ^ -static_cast<int64_t>(coded & 1);
    return true;
}

inline void PutFixed(std::string& out, uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}

[[nodiscard]] inline bool GetFixed(std::string_view& in, uint64_t& value, int bytes) {
    if (in.size() < static_cast<size_t>(bytes)) return false;
    value = 0;
    for (int i = 0; i < bytes; ++i) {
        value |= static_cast<uint64_t>(static_cast<unsigned char>(in[static_cast<size_t>(i)]))
                 << (8 * i);
    }
    in.remove_prefix(static_cast<size_t>(bytes));
    return true;
}

/// A whole number below 2^53 as twice itself plus one, anything else as a zero byte and its bits.
inline void PutNumber(std::string& out, double value) {
    if (value >= 0 && value < 9007199254740992.0 && value == std::floor(value) &&
        !(value == 0 && std::signbit(value))) {
        PutVarint(out, static_cast<uint64_t>(value) * 2 + 1);
        return;
    }
    out.push_back(0);
    PutFixed(out, std::bit_cast<uint64_t>(value), 8);
}

[[nodiscard]] inline bool GetNumber(std::string_view& in, double& value) {
    if (!in.empty() && in.front() == 0) {
        in.remove_prefix(1);
        uint64_t bits = 0;
        if (!GetFixed(in, bits, 8)) return false;
        value = std::bit_cast<double>(bits);
        return std::isfinite(value);
    }
    uint64_t coded = 0;
    if (!GetVarint(in, coded) || coded % 2 == 0) return false;
    coded /= 2;
    value = static_cast<double>(coded);
    return true;
}

}  // namespace gyre::telemetry::detail
