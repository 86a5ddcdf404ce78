#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "access/decoded_body.h"

using namespace gyre;
using namespace gyre::access;

namespace {

/// Gives at most `piece` bytes at a time.
class Source final : public net::BodyReader {
  public:
    Source(std::string_view text, size_t piece) : text_(text), piece_(piece) {}
    core::Result<size_t> Read(std::span<char> into) override {
        const size_t count = std::min({into.size(), text_.size(), piece_});
        std::memcpy(into.data(), text_.data(), count);
        text_.remove_prefix(count);
        return count;
    }
    [[nodiscard]] std::optional<uint64_t> Length() const override { return std::nullopt; }

  private:
    std::string_view text_;
    const size_t piece_;
};

struct Outcome {
    bool whole = false;
    std::string text;
    std::string trailers;
    bool operator==(const Outcome&) const = default;
};

Outcome Decode(std::string_view framed, const ChunkedOptions& options, size_t piece, size_t into) {
    Source source(framed, piece);
    const auto body = MakeChunkedBody(source, options);
    Outcome outcome;
    std::string buffer(into, '\0');
    for (;;) {
        const auto count = body->Read(buffer);
        if (!count) break;
        outcome.text.append(buffer, 0, *count);
        if (outcome.text.size() > options.decoded_length) __builtin_trap();
        if (*count > 0) continue;
        outcome.whole = true;
        break;
    }
    for (const auto& [name, value] : body->Trailers())
        outcome.trailers += name + ":" + value + "\n";
    return outcome;
}

}  // namespace

/// However a body is cut into pieces, it is read the same; and a whole one has its length.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size < 3) return 0;
    ChunkedOptions options;
    constexpr PayloadKind kKinds[] = {PayloadKind::kUnsignedTrailer, PayloadKind::kSignedChunks,
                                      PayloadKind::kSignedChunksTrailer};
    options.kind = kKinds[data[0] % 3];
    options.decoded_length = data[1];
    if ((data[2] & 1) != 0) options.announced_trailers = "x-amz-checksum-crc32";
    options.seed.signature = std::string(64, 'a');
    const std::string_view framed(reinterpret_cast<const char*>(data) + 3, size - 3);
    const Outcome once = Decode(framed, options, size, 4096);
    if (once.whole && once.text.size() != options.decoded_length) __builtin_trap();
    if (!once.whole && !once.trailers.empty()) __builtin_trap();
    const Outcome again = Decode(framed, options, 1 + data[2] / 32, 3);
    if (once.whole != again.whole || once.trailers != again.trailers) __builtin_trap();
    if (once.whole && once.text != again.text) __builtin_trap();
    return 0;
}
