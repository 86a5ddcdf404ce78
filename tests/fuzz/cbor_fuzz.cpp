#include <cstddef>
#include <cstdint>
#include <string_view>

#include "wire/cbor.h"

using namespace gyre;

/// What is read can be written, and is read the same again.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto read = wire::ReadCbor(bytes);
    if (!read) return 0;
    std::string written;
    wire::AppendCborJson(written, *read);
    const auto again = wire::ReadCbor(written);
    if (!again) __builtin_trap();
    std::string twice;
    wire::AppendCborJson(twice, *again);
    if (twice != written) __builtin_trap();
    return 0;
}
