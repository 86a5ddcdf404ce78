#pragma once

#include "graph/rdf/reader.h"

namespace gyre::graph::rdf::detail {

/// RDF 1.1 XML Syntax out of a whole document. As ReadRdf.
[[nodiscard]] core::Result<bool> ReadRdfXml(std::string text, const RdfReading& reading);

}  // namespace gyre::graph::rdf::detail
