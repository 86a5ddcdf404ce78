// What a worker may send: the answers to a batch are as many as its requests, and made of no more
// bytes than came.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "engine/python/frames.h"
#include "engine/python/worker.h"

using namespace gyre::engine::python;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    if (ValidUtf8(ValidUtf8(bytes)) != ValidUtf8(bytes)) abort();
    if (size < kFrameHeaderSize) return 0;
    const auto header = DecodeHeader(bytes.substr(0, kFrameHeaderSize));
    if (!header) return 0;
    if (EncodeHeader(*header) != bytes.substr(0, kFrameHeaderSize)) abort();
    const Frame frame{header->kind, header->items, std::string(bytes.substr(kFrameHeaderSize))};
    const auto answers = DecodeAnswers(frame, header->items);
    if (!answers) return 0;
    size_t total = 0;
    for (const auto& answer : *answers) total += answer ? answer->body.size() : 0;
    if (answers->size() != header->items || total > frame.payload.size()) abort();
    const auto calls = DecodeCalls(frame);
    if (!calls.empty() && calls.size() != answers->size()) abort();
    for (const auto& call : calls) {
        if (call.requests > calls.size() || call.number >= calls.size()) abort();
    }
    return 0;
}
