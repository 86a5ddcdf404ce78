#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/json.h"

using namespace gyre;

/// What is read is written so that it reads the same, compactly and for people; numbers keep their
/// type and value. Nothing nests deeper than the limit.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto read = core::ParseJson(text);
    if (!read) {
        if (read.error().message.empty()) __builtin_trap();
        return 0;
    }
    const auto compact = core::ParseJson(core::JsonText(*read));
    const auto pretty = core::ParseJson(core::JsonPretty(*read));
    if (!compact || !pretty || *compact != *read || *pretty != *read) __builtin_trap();
    if (core::JsonText(*compact) != core::JsonText(*read)) __builtin_trap();
    core::JsonLimits limits;
    limits.max_depth = 2;
    const auto shallow = core::ParseJson(text, limits);
    if (shallow && *shallow != *read) __builtin_trap();
    return 0;
}
