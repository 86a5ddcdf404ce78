// openCypher: whatever is written is refused or becomes a plan, and a syntax error names a place.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "graph/cypher/parse.h"

using namespace gyre::graph;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view query(reinterpret_cast<const char*>(data), size);
    const auto rows = cypher::Parse(query, Map());
    if (rows && rows->all.parts.empty()) std::abort();
    if (!rows && rows.error().wire_name == "MalformedQueryException" &&
        rows.error().message.find("line ") == std::string::npos) {
        std::abort();
    }
    return 0;
}
