#include "net/detail/websocket_frames.h"

#include "core/utf8.h"
#include "net/detail/websocket_deflate.h"

namespace gyre::net::detail {
namespace {

constexpr size_t kMaxControl = 125;
constexpr uint16_t kHeaderWhole = 1;
constexpr uint16_t kProtocolError = 1002;
constexpr uint16_t kNotUtf8 = 1007;
constexpr uint16_t kTooLarge = 1009;

bool IsControl(Opcode opcode) {
    return static_cast<uint8_t>(opcode) >= 8;
}

/// Those that may be sent (RFC 6455, 7.4).
bool IsCloseCode(uint16_t code) {
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
           (code >= 3000 && code <= 4999);
}

}  // namespace

std::string WebSocketFrame(Opcode opcode, std::string_view payload, bool packed) {
    std::string frame;
    frame.reserve(payload.size() + 10);
    frame += static_cast<char>(0x80 | (packed ? 0x40 : 0) | static_cast<uint8_t>(opcode));
    if (payload.size() < 126) {
        frame += static_cast<char>(payload.size());
    } else if (payload.size() <= 0xFFFF) {
        frame += static_cast<char>(126);
        frame += static_cast<char>(payload.size() >> 8);
        frame += static_cast<char>(payload.size());
    } else {
        frame += static_cast<char>(127);
        for (int shift = 56; shift >= 0; shift -= 8) {
            frame += static_cast<char>(uint64_t{payload.size()} >> shift);
        }
    }
    return frame.append(payload);
}

std::string ClosePayload(uint16_t code, std::string_view reason) {
    std::string payload;
    payload += static_cast<char>(code >> 8);
    payload += static_cast<char>(code);
    payload += reason.substr(0, kMaxControl - 2);
    return payload;
}

WebSocketDecoder::Event WebSocketDecoder::Broken(uint16_t code, std::string why) {
    Event event;
    event.kind = Event::Kind::kBroken;
    event.code = code;
    event.payload = std::move(why);
    return event;
}

uint16_t WebSocketDecoder::ReadHeader(Header& header, std::string& why) const {
    const std::string_view bytes = std::string_view(input_).substr(taken_);
    const auto at = [&](size_t i) { return static_cast<uint8_t>(bytes[i]); };
    if (bytes.size() < 2) return 0;
    header.final = (at(0) & 0x80) != 0;
    header.opcode = static_cast<Opcode>(at(0) & 0x0F);
    // The first bit is that of a packed message's first frame.
    const bool first = header.opcode == Opcode::kText || header.opcode == Opcode::kBinary;
    header.packed = (at(0) & 0x40) != 0;
    if ((at(0) & 0x30) != 0 || (header.packed && (!may_be_packed_ || !first))) {
        why = "a reserved bit is set, and no extension was agreed on that has it";
        return kProtocolError;
    }
    if ((at(1) & 0x80) == 0) {
        why = "a client's frames are masked";
        return kProtocolError;
    }
    const uint8_t opcode = at(0) & 0x0F;
    if (opcode > 10 || (opcode > 2 && opcode < 8)) {
        why = "an unknown opcode";
        return kProtocolError;
    }
    const uint8_t length = at(1) & 0x7F;
    const size_t wide = length == 126 ? 2 : length == 127 ? 8 : 0;
    if (IsControl(header.opcode) && (wide != 0 || !header.final)) {
        why = "a control frame is short and whole";
        return kProtocolError;
    }
    header.size = 2 + wide + 4;
    if (bytes.size() < header.size) return 0;
    header.length = length;
    if (wide != 0) {
        header.length = 0;
        for (size_t i = 0; i < wide; ++i) header.length = header.length << 8 | at(2 + i);
        if (header.length < (wide == 2 ? 126U : 0x10000U) || (header.length >> 63) != 0) {
            why = "a length that is not written the short way";
            return kProtocolError;
        }
    }
    for (size_t i = 0; i < 4; ++i) header.mask[i] = at(2 + wide + i);
    return kHeaderWhole;
}

WebSocketDecoder::Event WebSocketDecoder::Next() {
    while (true) {
        Header header;
        std::string why;
        const uint16_t code = ReadHeader(header, why);
        if (code == 0) break;
        if (code != kHeaderWhole) return Broken(code, why);
        const bool control = IsControl(header.opcode);
        if (!control) {
            if (header.length > max_message_ - message_.size()) {
                return Broken(kTooLarge,
                              "a message has at most " + std::to_string(max_message_) + " bytes");
            }
            if (in_message_ != (header.opcode == Opcode::kContinuation)) {
                return Broken(kProtocolError, "a fragment out of order");
            }
        }
        if (input_.size() - taken_ - header.size < header.length) break;
        const auto length = static_cast<size_t>(header.length);
        std::string payload = input_.substr(taken_ + header.size, length);
        for (size_t i = 0; i < length; ++i) {
            payload[i] = static_cast<char>(payload[i] ^ static_cast<char>(header.mask[i % 4]));
        }
        taken_ += header.size + length;
        if (control) return Control(header, std::move(payload));
        if (!in_message_) {
            binary_ = header.opcode == Opcode::kBinary;
            packed_ = header.packed;
        }
        in_message_ = !header.final;
        if (message_.empty())
            message_ = std::move(payload);
        else
            message_ += payload;
        if (!header.final) continue;
        return Message();
    }
    input_.erase(0, taken_);
    taken_ = 0;
    return {};
}

WebSocketDecoder::Event WebSocketDecoder::Message() {
    Event event;
    event.kind = Event::Kind::kMessage;
    event.binary = binary_;
    event.payload = std::move(message_);
    message_.clear();
    if (packed_) {
        const InflateOutcome outcome = InflateMessage(event.payload, max_message_);
        if (outcome == InflateOutcome::kTooLarge) {
            return Broken(kTooLarge,
                          "a message has at most " + std::to_string(max_message_) + " bytes");
        }
        if (outcome == InflateOutcome::kBroken) {
            return Broken(kNotUtf8, "a packed message cannot be unpacked");
        }
    }
    if (!event.binary && !core::IsUtf8(event.payload)) {
        return Broken(kNotUtf8, "a text is not UTF-8");
    }
    return event;
}

WebSocketDecoder::Event WebSocketDecoder::Control(const Header& header, std::string payload) {
    Event event;
    event.payload = std::move(payload);
    if (header.opcode == Opcode::kPing) {
        event.kind = Event::Kind::kPing;
    } else if (header.opcode == Opcode::kPong) {
        event.kind = Event::Kind::kPong;
    } else {
        if (event.payload.empty()) {
            event.code = 1005;
        } else if (event.payload.size() == 1) {
            return Broken(kProtocolError, "half a close code");
        } else {
            event.code = static_cast<uint16_t>(static_cast<uint8_t>(event.payload[0]) << 8 |
                                               static_cast<uint8_t>(event.payload[1]));
            if (!IsCloseCode(event.code)) return Broken(kProtocolError, "no close code");
            if (!core::IsUtf8(std::string_view(event.payload).substr(2))) {
                return Broken(kNotUtf8, "a text is not UTF-8");
            }
        }
        event.kind = Event::Kind::kClose;
    }
    return event;
}

}  // namespace gyre::net::detail
