// Files of RDF, in the syntax that the first byte names: read, or refused with a reason.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "graph/rdf/reader.h"

using namespace gyre;
using namespace gyre::graph;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size == 0) return 0;
    std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    bool reported = false;
    rdf::RdfReading reading;
    reading.syntax = static_cast<rdf::RdfSyntax>(data[0] % 5);
    reading.base = "http://base/";
    reading.more = [&](char* into, size_t room) -> core::Result<size_t> {
        const size_t part = std::min({room, text.size(), size_t{64}});
        std::memcpy(into, text.data(), part);
        text.remove_prefix(part);
        return part;
    };
    reading.take = [](const rdf::Statement& statement) -> core::Status {
        if (statement.subject.IsLiteral() || !statement.predicate.IsIri()) std::abort();
        return {};
    };
    reading.report = [&](const rdf::ReadError& error) {
        if (error.message.empty()) std::abort();
        reported = true;
        return true;
    };
    const auto read = rdf::ReadRdf(reading);
    if (!read || (!*read && !reported)) std::abort();
    return 0;
}
