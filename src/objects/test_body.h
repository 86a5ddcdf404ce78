#pragma once

#include <algorithm>
#include <cstring>
#include <string>

#include "net/exchange.h"

namespace gyre::objects {

/// For tests: a body that is there already, given in pieces of at most `piece` bytes.
class TextBody final : public net::BodyReader {
  public:
    explicit TextBody(std::string text, size_t piece = size_t{1} << 20)
        : text_(std::move(text)), piece_(piece) {}
    core::Result<size_t> Read(std::span<char> into) override {
        const size_t size = std::min({into.size(), piece_, text_.size() - at_});
        std::memcpy(into.data(), text_.data() + at_, size);
        at_ += size;
        return size;
    }
    std::optional<uint64_t> Length() const override {
        return length_known_ ? std::optional(uint64_t{text_.size()}) : std::nullopt;
    }
    void HideLength() { length_known_ = false; }

  private:
    const std::string text_;
    const size_t piece_;
    size_t at_ = 0;
    bool length_known_ = true;
};

/// For tests: all that a body brings, or its error.
inline core::Result<std::string> ReadAll(net::BodyReader& body, size_t piece = size_t{1} << 18) {
    std::string text;
    std::string buffer(piece, '\0');
    while (true) {
        GYRE_ASSIGN(const size_t got, body.Read({buffer.data(), buffer.size()}));
        if (got == 0) return text;
        text.append(buffer, 0, got);
    }
}

/// For tests: bytes with no pattern, the same for the same seed.
inline std::string Noise(size_t size, uint32_t seed = 7) {
    std::string text(size, '\0');
    for (char& byte : text) byte = static_cast<char>((seed = seed * 1664525 + 1013904223) >> 24);
    return text;
}

}  // namespace gyre::objects
