// SPARQL: whatever is written is refused or becomes algebra, and a syntax error names a place.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "graph/sparql/parse.h"

using namespace gyre::graph;

namespace {

void Look(const gyre::core::Error& error) {
    const bool named = error.message.find("line ") != std::string::npos ||
                       error.message == "the query is not UTF-8";
    if (error.wire_name != "MalformedQueryException" || !named) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto query = sparql::ParseQuery(text)) {
        if (!query->select.where) std::abort();
    } else {
        Look(query.error());
    }
    if (const auto update = sparql::ParseUpdate(text); !update) Look(update.error());
    return 0;
}
