// The chunked coding: whatever the cuts, the decoder says the same of the same bytes.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "net/detail/chunk_decoder.h"

using namespace gyre;

namespace {

struct Outcome {
    bool malformed = false;
    bool done = false;
    size_t consumed = 0;
    std::string payload;
};

void Require(bool condition) {
    if (!condition) std::abort();
}

/// Feeds `input` in pieces of at most `piece` bytes, taking at most `max_payload` at a time.
Outcome Decode(std::string_view input, size_t piece, size_t max_payload) {
    net::detail::ChunkDecoder decoder;
    Outcome outcome;
    while (outcome.consumed < input.size() && !decoder.Done()) {
        const std::string_view part = input.substr(outcome.consumed, piece);
        const auto step = decoder.Next(part, max_payload);
        if (!step) {
            outcome.malformed = true;
            return outcome;
        }
        Require(step->consumed > 0 && step->consumed <= part.size());
        Require(step->payload.size() <= std::min(max_payload, step->consumed));
        outcome.consumed += step->consumed;
        outcome.payload += step->payload;
    }
    outcome.done = decoder.Done();
    return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size < 1) return 0;
    const std::string_view input(reinterpret_cast<const char*>(data + 1), size - 1);
    const Outcome whole = Decode(input, input.size() + 1, input.size() + 1);
    const Outcome cut = Decode(input, 1 + data[0] % 16, 1 + data[0] / 16);
    Require(whole.malformed == cut.malformed && whole.done == cut.done);
    Require(whole.payload == cut.payload);
    if (!whole.malformed) Require(whole.consumed == cut.consumed);
    return 0;
}
