#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace gyre::net::detail {

/// Takes the chunked coding (RFC 9112, 7.1) off a body that comes in pieces. Extensions and
/// trailers are read over, within limits.
class ChunkDecoder {
  public:
    struct Step {
        size_t consumed = 0;
        std::string_view payload;  ///< within the input
    };

    /// Reads on in `input` up to the end of one piece of payload of at most `max_payload` bytes.
    /// Nothing consumed: more input is needed, or Done(). nullopt: malformed.
    [[nodiscard]] std::optional<Step> Next(std::string_view input, size_t max_payload);
    [[nodiscard]] bool Done() const { return state_ == State::kDone; }

  private:
    enum class State {
        kSize,
        kExtension,
        kSizeEnd,
        kData,
        kDataReturn,
        kDataEnd,
        kTrailerStart,
        kTrailer,
        kTrailerEnd,
        kLastEnd,
        kDone
    };

    [[nodiscard]] bool TakeFraming(char c);
    [[nodiscard]] bool TakeSize(char c);
    /// Counts a byte that carries nothing; false when there are too many.
    [[nodiscard]] bool Idle(char c);

    State state_ = State::kSize;
    uint64_t left_ = 0;      ///< of the chunk
    int digits_ = 0;         ///< of the chunk's size so far
    size_t idle_bytes_ = 0;  ///< extensions of this chunk, or trailers
};

}  // namespace gyre::net::detail
