#include "net/detail/websocket_deflate.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <memory>
#include <tuple>
#include <utility>
#include <vector>

#include "core/result.h"

namespace gyre::net::detail {
namespace {

/// What a flushed message ends with; it is left away (RFC 7692, 7.2.1).
constexpr std::string_view kTail("\x00\x00\xff\xff", 4);
/// Answers are made for one reader each: packed well enough, and soon.
constexpr int kLevel = 1;
constexpr int kMemoryLevel = 8;

std::string_view TrimmedPart(std::string_view text) {
    while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
    while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
    return text;
}

/// The parts of a list; a quoted value of ours has neither comma nor semicolon.
std::vector<std::string_view> PartsAt(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    while (true) {
        const size_t end = std::min(text.find(separator), text.size());
        parts.push_back(TrimmedPart(text.substr(0, end)));
        if (end == text.size()) return parts;
        text.remove_prefix(end + 1);
    }
}

/// 8 to 15; 0 for anything else.
int WindowBits(std::string_view value) {
    if (value.size() >= 2 && value.starts_with('"') && value.ends_with('"')) {
        value = value.substr(1, value.size() - 2);
    }
    if (value == "8" || value == "9") return value.front() - '0';
    if (value.size() != 2 || value[0] != '1' || value[1] < '0' || value[1] > '5') return 0;
    return 10 + (value[1] - '0');
}

std::optional<DeflateAgreement> Agree(std::string_view offer) {
    const auto parts = PartsAt(offer, ';');
    if (!EqualsIgnoreCase(parts[0], "permessage-deflate")) return std::nullopt;
    DeflateAgreement agreement;
    agreement.answer = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
    std::vector<std::string_view> seen;
    for (size_t i = 1; i < parts.size(); ++i) {
        const size_t equals = std::min(parts[i].find('='), parts[i].size());
        const std::string_view name = TrimmedPart(parts[i].substr(0, equals));
        const bool valued = equals < parts[i].size();
        const std::string_view value =
            valued ? TrimmedPart(parts[i].substr(equals + 1)) : std::string_view();
        if (std::ranges::find(seen, name) != seen.end()) return std::nullopt;
        seen.push_back(name);
        if (name == "server_no_context_takeover" || name == "client_no_context_takeover") {
            if (valued) return std::nullopt;
        } else if (name == "server_max_window_bits") {
            agreement.window_bits = WindowBits(value);
            // zlib makes no raw data for a window of 2^8.
            if (agreement.window_bits < 9) return std::nullopt;
            agreement.answer += "; server_max_window_bits=" + std::to_string(agreement.window_bits);
        } else if (name == "client_max_window_bits") {
            if (valued && WindowBits(value) == 0) return std::nullopt;
        } else {
            return std::nullopt;
        }
    }
    return agreement;
}

}  // namespace

std::optional<DeflateAgreement> AgreeOnDeflate(const Headers& headers) {
    for (const auto& [name, value] : headers) {
        if (!EqualsIgnoreCase(name, "Sec-WebSocket-Extensions")) continue;
        for (const std::string_view offer : PartsAt(value, ',')) {
            if (auto agreement = Agree(offer)) return agreement;
        }
    }
    return std::nullopt;
}

std::string DeflateMessage(std::string_view message, int window_bits) {
    z_stream stream{};
    GYRE_CHECK(deflateInit2(&stream, kLevel, Z_DEFLATED, -window_bits, kMemoryLevel,
                            Z_DEFAULT_STRATEGY) == Z_OK);
    const std::unique_ptr<z_stream, int (*)(z_stream*)> end(&stream, deflateEnd);
    std::string packed;
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(message.data()));
    stream.avail_in = static_cast<uInt>(message.size());
    while (stream.avail_out == 0) {  // all is out when there is room left
        const size_t size = packed.size();
        const size_t room = std::max<size_t>(message.size() / 2, 1024);
        packed.resize(size + room);
        stream.next_out = reinterpret_cast<Bytef*>(packed.data() + size);
        stream.avail_out = static_cast<uInt>(room);
        std::ignore = deflate(&stream, Z_SYNC_FLUSH);
        packed.resize(size + room - stream.avail_out);
    }
    GYRE_CHECK(packed.ends_with(kTail));
    packed.resize(packed.size() - kTail.size());
    return packed;
}

InflateOutcome InflateMessage(std::string& message, size_t limit) {
    z_stream stream{};
    GYRE_CHECK(inflateInit2(&stream, -15) == Z_OK);
    const std::unique_ptr<z_stream, int (*)(z_stream*)> end(&stream, inflateEnd);
    const std::string packed = std::exchange(message, {}).append(kTail);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream.avail_in = static_cast<uInt>(packed.size());
    std::array<char, 16 * 1024> piece{};
    while (true) {
        stream.next_out = reinterpret_cast<Bytef*>(piece.data());
        stream.avail_out = static_cast<uInt>(piece.size());
        const int code = inflate(&stream, Z_SYNC_FLUSH);
        const size_t got = piece.size() - stream.avail_out;
        if (message.size() + got > limit) return InflateOutcome::kTooLarge;
        message.append(piece.data(), got);
        // Whoever ends the last block has ended the message; the tail is then left over.
        if (code == Z_STREAM_END) return InflateOutcome::kWhole;
        if (code != Z_OK && code != Z_BUF_ERROR) return InflateOutcome::kBroken;
        if (stream.avail_in == 0 && stream.avail_out > 0) return InflateOutcome::kWhole;
        if (code == Z_BUF_ERROR && got == 0) return InflateOutcome::kBroken;
    }
}

}  // namespace gyre::net::detail
