#include "net/detail/chunk_decoder.h"

#include <algorithm>

namespace gyre::net::detail {
namespace {

constexpr int kMaxDigits = 15;
constexpr size_t kMaxIdleBytes = 8 * 1024;

int HexValue(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

bool ChunkDecoder::Idle(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return ++idle_bytes_ <= kMaxIdleBytes && (byte >= 0x20 || c == '\t') && byte != 0x7F;
}

bool ChunkDecoder::TakeSize(char c) {
    const int value = HexValue(c);
    if (value >= 0) {
        left_ = left_ * 16 + static_cast<uint64_t>(value);
        return ++digits_ <= kMaxDigits;
    }
    if (digits_ == 0) return false;
    if (c == '\r') {
        state_ = State::kSizeEnd;
        return true;
    }
    state_ = State::kExtension;
    return c == ';';
}

bool ChunkDecoder::TakeFraming(char c) {
    switch (state_) {
        case State::kSize:
            return TakeSize(c);
        case State::kExtension:
            if (c != '\r') return Idle(c);
            state_ = State::kSizeEnd;
            return true;
        case State::kSizeEnd:
            state_ = left_ > 0 ? State::kData : State::kTrailerStart;
            idle_bytes_ = 0;
            return c == '\n';
        case State::kDataReturn:
            state_ = State::kDataEnd;
            return c == '\r';
        case State::kDataEnd:
            state_ = State::kSize;
            digits_ = 0;
            return c == '\n';
        case State::kTrailerStart:
            state_ = c == '\r' ? State::kLastEnd : State::kTrailer;
            return c == '\r' || Idle(c);
        case State::kTrailer:
            if (c != '\r') return Idle(c);
            state_ = State::kTrailerEnd;
            return true;
        case State::kTrailerEnd:
            state_ = State::kTrailerStart;
            return c == '\n';
        case State::kLastEnd:
            state_ = State::kDone;
            return c == '\n';
        case State::kData:
        case State::kDone:
            break;
    }
    return false;
}

std::optional<ChunkDecoder::Step> ChunkDecoder::Next(std::string_view input, size_t max_payload) {
    Step step;
    while (step.consumed < input.size() && state_ != State::kDone) {
        if (state_ == State::kData) {
            const size_t size = static_cast<size_t>(
                std::min<uint64_t>(left_, std::min(max_payload, input.size() - step.consumed)));
            step.payload = input.substr(step.consumed, size);
            step.consumed += size;
            left_ -= size;
            if (left_ == 0) state_ = State::kDataReturn;
            return step;
        }
        if (!TakeFraming(input[step.consumed++])) return std::nullopt;
    }
    return step;
}

}  // namespace gyre::net::detail
