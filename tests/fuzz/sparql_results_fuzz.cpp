// What another SPARQL endpoint answers: it is refused or becomes rows of terms that can be written
// into a query and read again there.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "graph/rdf/term.h"
#include "graph/sparql/parse.h"
#include "graph/sparql/read_results.h"

using namespace gyre::graph;

namespace {

void Look(const gyre::core::Result<sparql::ResultTable>& table) {
    if (!table) {
        if (table.error().message.empty()) std::abort();
        return;
    }
    for (const auto& row : table->rows) {
        if (row.size() != table->variables.size()) std::abort();
        for (const auto& term : row) {
            if (!term || term->IsBlank()) continue;
            std::string query = "SELECT * { VALUES ?x { ";
            rdf::AppendNTriples(query, *term);
            if (!sparql::ParseQuery(query + " } }")) std::abort();
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    Look(sparql::ReadJsonResults(text));
    Look(sparql::ReadXmlResults(text));
    return 0;
}
