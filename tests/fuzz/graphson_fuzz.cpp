// GraphSON requests: whatever comes is refused or read; what was read is written as JSON.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/json.h"
#include "graph/format/graphson.h"

using namespace gyre;
using namespace gyre::graph;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto request = format::ReadGraphSonRequest(bytes);
    if (!request) return 0;
    for (const auto mime :
         {format::Mime::kGraphSon2, format::Mime::kGraphSon3, format::Mime::kGraphSonUntyped}) {
        std::string text;
        format::GraphSonWriter(nullptr, true, mime, text).Map(request->arguments);
        if (!core::ParseJson(text, {.max_depth = 1000})) std::abort();
    }
    return 0;
}
