// WebSocket frames: messages obey the limit and are UTF-8 where they say text, and do not depend on
// how the bytes were cut on their way.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/utf8.h"
#include "net/detail/websocket_frames.h"

using gyre::core::IsUtf8;
using gyre::net::detail::WebSocketDecoder;

namespace {

constexpr size_t kMost = 200;
using Kind = WebSocketDecoder::Event::Kind;

/// All that the bytes say, in a text.
std::string Told(std::string_view bytes, size_t step) {
    WebSocketDecoder decoder(kMost);
    decoder.AllowPacked();
    std::string told;
    while (true) {
        const auto event = decoder.Next();
        if (event.kind == Kind::kNone) {
            if (bytes.empty()) return told;
            decoder.Add(bytes.substr(0, step));
            bytes.remove_prefix(std::min(step, bytes.size()));
            continue;
        }
        if (event.kind == Kind::kMessage &&
            (event.payload.size() > kMost || (!event.binary && !IsUtf8(event.payload)))) {
            std::abort();
        }
        told += std::to_string(static_cast<int>(event.kind)) + ":" + std::to_string(event.code) +
                event.payload + "\n";
        if (event.kind == Kind::kClose || event.kind == Kind::kBroken) return told;
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    if (Told(bytes, 1) != Told(bytes, size + 1)) std::abort();
    return 0;
}
