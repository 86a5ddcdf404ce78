#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.h"
#include "graph/rdf/term.h"

namespace gyre::graph::rdf {

enum class RdfSyntax : uint8_t { kNTriples, kNQuads, kTurtle, kTrig, kRdfXml };

struct Statement {
    Term subject, predicate, object;
    std::optional<Term> graph;  ///< none: the default graph
};
struct ReadError {
    uint64_t line = 0;
    std::string message;
};

/// What reads a document, and what becomes of it.
struct RdfReading {
    /// Puts some bytes into the buffer, and says how many; 0 at the end.
    std::function<core::Result<size_t>(char* buffer, size_t size)> more;
    RdfSyntax syntax = RdfSyntax::kTurtle;
    std::string base;
    /// An error ends the reading.
    std::function<core::Status(const Statement&)> take;
    /// Of each error; false ends the reading. After one in N-Triples or N-Quads it goes on with the
    /// next line, in other syntaxes it ends.
    std::function<bool(ReadError)> report;
};

/// Reads a document piece by piece; RDF/XML as a whole, up to 256 MiB. False when an error has
/// ended it. Errors: those of `more` and `take`.
[[nodiscard]] core::Result<bool> ReadRdf(const RdfReading& reading);

/// Reads a whole document up to its first error, which is what it answers, if there is one. Errors:
/// those of `take`.
[[nodiscard]] core::Result<std::optional<ReadError>> ReadRdfText(
    std::string_view text, RdfSyntax syntax, std::string base,
    std::function<core::Status(const Statement&)> take);

}  // namespace gyre::graph::rdf
