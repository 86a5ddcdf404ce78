#include "wire/event_stream.h"

#include <array>
#include <cstdint>

namespace gyre::wire {
namespace {

constexpr char kString = 7;  // the type of a header's value

constexpr std::array<uint32_t, 256> MakeTable() {
    std::array<uint32_t, 256> table{};
    for (uint32_t i = 0; i < table.size(); ++i) {
        uint32_t value = i;
        for (int bit = 0; bit < 8; ++bit)
            value = (value >> 1) ^ ((value & 1) != 0 ? 0xEDB88320U : 0);
        table[i] = value;
    }
    return table;
}
constexpr std::array<uint32_t, 256> kCrc = MakeTable();

uint32_t Crc32(std::string_view bytes) {
    uint32_t crc = 0xFFFFFFFFU;
    for (const char byte : bytes) {
        crc = (crc >> 8) ^ kCrc[(crc ^ static_cast<unsigned char>(byte)) & 0xFF];
    }
    return crc ^ 0xFFFFFFFFU;
}

void AppendBig(std::string& out, uint32_t value, int bytes) {
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
        out += static_cast<char>((value >> shift) & 0xFF);
    }
}

}  // namespace

void AppendEvent(std::string& out,
                 const std::vector<std::pair<std::string_view, std::string_view>>& headers,
                 std::string_view payload) {
    std::string packed;
    for (const auto& [name, value] : headers) {
        AppendBig(packed, static_cast<uint32_t>(name.size()), 1);
        packed += name;
        packed += kString;
        AppendBig(packed, static_cast<uint32_t>(value.size()), 2);
        packed += value;
    }
    constexpr size_t kFixed = 16;  // two lengths and two checksums
    const size_t begin = out.size();
    AppendBig(out, static_cast<uint32_t>(kFixed + packed.size() + payload.size()), 4);
    AppendBig(out, static_cast<uint32_t>(packed.size()), 4);
    AppendBig(out, Crc32(std::string_view(out).substr(begin)), 4);
    out += packed;
    out += payload;
    AppendBig(out, Crc32(std::string_view(out).substr(begin)), 4);
}

void AppendBytesEvent(std::string& out, std::string_view event, std::string_view bytes) {
    AppendEvent(out,
                {{":event-type", event},
                 {":content-type", "application/octet-stream"},
                 {":message-type", "event"}},
                bytes);
}

void AppendException(std::string& out, std::string_view name, std::string_view json) {
    AppendEvent(out,
                {{":exception-type", name},
                 {":content-type", "application/json"},
                 {":message-type", "exception"}},
                json);
}

}  // namespace gyre::wire
