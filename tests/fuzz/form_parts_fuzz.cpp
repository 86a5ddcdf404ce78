// A multipart body of the graph store protocol: its parts lie in it, one after the other.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "graph/door/form_parts.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const size_t line = text.find('\n');
    if (line == std::string_view::npos) return 0;
    const std::string_view body = text.substr(line + 1);
    const auto parts = gyre::graph::door::FormParts(text.substr(0, line), body);
    if (!parts) return 0;
    const char* at = body.data();
    for (const auto& part : *parts) {
        if (part.body.data() < at ||
            part.body.data() + part.body.size() > body.data() + body.size())
            std::abort();
        at = part.body.data() + part.body.size();
    }
    return 0;
}
