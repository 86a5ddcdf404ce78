#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gyre::net::detail {

enum class Opcode : uint8_t {
    kContinuation = 0,
    kText = 1,
    kBinary = 2,
    kClose = 8,
    kPing = 9,
    kPong = 10,
};

/// A frame as a server sends it: whole and unmasked. `packed`: the payload is a DeflateMessage.
[[nodiscard]] std::string WebSocketFrame(Opcode opcode, std::string_view payload,
                                         bool packed = false);
/// The payload of a close frame.
[[nodiscard]] std::string ClosePayload(uint16_t code, std::string_view reason);

/// What a client's bytes say, message by message (RFC 6455, 5). Not thread-safe.
class WebSocketDecoder {
  public:
    struct Event {
        enum class Kind {
            kNone,     ///< more bytes are needed
            kMessage,  ///< text or binary, whole
            kPing,
            kPong,
            kClose,   ///< with `code`, 1005 where the client gave none
            kBroken,  ///< the connection is to be closed with `code`; `payload` says why
        } kind = Kind::kNone;
        std::string payload;
        bool binary = false;
        uint16_t code = 0;
    };

    explicit WebSocketDecoder(size_t max_message) : max_message_(max_message) {}
    /// Messages may be packed from now on (websocket_deflate.h).
    void AllowPacked() { may_be_packed_ = true; }
    void Add(std::string_view bytes) { input_.append(bytes); }
    /// After kClose and kBroken there is nothing more.
    [[nodiscard]] Event Next();

  private:
    struct Header {
        bool final = false;
        bool packed = false;
        Opcode opcode{};
        uint64_t length = 0;
        size_t size = 0;  ///< of the header itself
        uint8_t mask[4]{};
    };
    /// 0: more bytes are needed; else a close code, or 1 when the header is whole.
    [[nodiscard]] uint16_t ReadHeader(Header& header, std::string& why) const;
    /// Of the message that is whole now.
    [[nodiscard]] Event Message();
    [[nodiscard]] Event Control(const Header& header, std::string payload);
    [[nodiscard]] static Event Broken(uint16_t code, std::string why);

    const size_t max_message_;
    std::string input_;
    size_t taken_ = 0;
    std::string message_;  ///< the fragments so far
    bool in_message_ = false;
    bool binary_ = false;
    bool packed_ = false;
    bool may_be_packed_ = false;
};

}  // namespace gyre::net::detail
