#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/result.h"
#include "graph/rdf/term.h"

namespace gyre::graph::rdf {

enum class GraphFormat : uint8_t { kNTriples, kNQuads, kTurtle, kTrig, kRdfXml };

/// Writes triples as a document.
class TripleWriter {
  public:
    virtual ~TripleWriter() = default;
    virtual void Write(const Term& subject, const Term& predicate, const Term& object) = 0;
    /// The document; the writer is spent. Errors: kInvalidArgument for a predicate that the format
    /// cannot say.
    [[nodiscard]] virtual core::Result<std::string> Finish() = 0;
};
[[nodiscard]] std::unique_ptr<TripleWriter> MakeTripleWriter(GraphFormat format);
/// With the escapes of XML's text and attributes.
void AppendXml(std::string& text, std::string_view plain);

}  // namespace gyre::graph::rdf
