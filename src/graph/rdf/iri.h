#pragma once

#include <string>
#include <string_view>

namespace gyre::graph::rdf {

/// A reference as seen from a base (RFC 3986, 5.2); as it is where there is no base.
[[nodiscard]] std::string ResolveIri(std::string_view base, std::string_view reference);
/// Whether it begins with a scheme.
[[nodiscard]] bool IsAbsoluteIri(std::string_view iri);

}  // namespace gyre::graph::rdf
