// Gremlin scripts: whatever is written is refused or becomes a plan, and an error names a place
// that the script has.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "graph/gremlin/compile.h"
#include "graph/gremlin/parser.h"

using namespace gyre::graph;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view script(reinterpret_cast<const char*>(data), size);
    const auto statements = gremlin::ParseScript(script, Map());
    if (!statements) {
        if (statements.error().message.find("line ") == std::string::npos) std::abort();
        return 0;
    }
    for (const auto& statement : *statements) {
        if (!statement.transaction.empty()) continue;
        const auto query = gremlin::Compile(statement.traversal);
        if (query && query->root->steps.empty()) std::abort();
    }
    return 0;
}
