#pragma once

#include <algorithm>
#include <cstring>
#include <limits>
#include <string>
#include <utility>

#include "net/exchange.h"

namespace gyre::net {

/// A body that was read already.
class StringBody final : public BodyReader {
  public:
    explicit StringBody(std::string text) : text_(std::move(text)) {}

    core::Result<size_t> Read(std::span<char> into) override {
        const size_t count = std::min(into.size(), text_.size() - at_);
        if (count > 0) std::memcpy(into.data(), text_.data() + at_, count);
        at_ += count;
        return count;
    }
    [[nodiscard]] std::optional<uint64_t> Length() const override { return text_.size(); }

  private:
    const std::string text_;
    size_t at_ = 0;
};

/// What is left of the body. Errors: kResourceExhausted where that is more than `most` bytes.
[[nodiscard]] inline core::Result<std::string> ReadAll(
    BodyReader& body, size_t most = std::numeric_limits<size_t>::max()) {
    constexpr size_t kPiece = 64U << 10;
    std::string text;
    for (;;) {
        const size_t before = text.size();
        text.resize(before + kPiece);
        GYRE_ASSIGN(const size_t count, body.Read(std::span(text).subspan(before)));
        text.resize(before + count);
        if (count == 0) return text;
        if (text.size() > most) {
            return core::Fail(core::Code::kResourceExhausted,
                              "it has more than " + std::to_string(most) + " bytes");
        }
    }
}

}  // namespace gyre::net
