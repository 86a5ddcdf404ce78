#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gyre::graph::rdf {

inline constexpr std::string_view kXsd = "http://www.w3.org/2001/XMLSchema#";
inline constexpr std::string_view kXsdString = "http://www.w3.org/2001/XMLSchema#string";
inline constexpr std::string_view kXsdInteger = "http://www.w3.org/2001/XMLSchema#integer";
inline constexpr std::string_view kXsdBoolean = "http://www.w3.org/2001/XMLSchema#boolean";
inline constexpr std::string_view kXsdDecimal = "http://www.w3.org/2001/XMLSchema#decimal";
inline constexpr std::string_view kXsdDouble = "http://www.w3.org/2001/XMLSchema#double";
inline constexpr std::string_view kRdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
inline constexpr std::string_view kRdfType = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type";
inline constexpr std::string_view kRdfFirst = "http://www.w3.org/1999/02/22-rdf-syntax-ns#first";
inline constexpr std::string_view kRdfRest = "http://www.w3.org/1999/02/22-rdf-syntax-ns#rest";
inline constexpr std::string_view kRdfNil = "http://www.w3.org/1999/02/22-rdf-syntax-ns#nil";
inline constexpr std::string_view kRdfLangString =
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString";

/// An RDF 1.1 term.
struct Term {
    enum class Kind : uint8_t { kIri, kBlank, kLiteral } kind = Kind::kIri;
    std::string text;      ///< the IRI, the blank node's label, or the lexical form
    std::string datatype;  ///< of a literal; empty: a string, or one in a language
    std::string language;  ///< of a literal

    bool operator==(const Term&) const = default;
    [[nodiscard]] bool IsIri() const { return kind == Kind::kIri; }
    [[nodiscard]] bool IsBlank() const { return kind == Kind::kBlank; }
    [[nodiscard]] bool IsLiteral() const { return kind == Kind::kLiteral; }
    /// A literal's datatype by its IRI, whatever it is.
    [[nodiscard]] std::string_view Datatype() const;
};

[[nodiscard]] Term Iri(std::string_view iri);
[[nodiscard]] Term Blank(std::string_view label);
/// A datatype of xsd:string is the same as none.
[[nodiscard]] Term Literal(std::string_view lexical, std::string_view datatype = {});
/// Languages are written as RFC 5646 recommends ("en-GB"): they are the same in any case.
[[nodiscard]] Term LangLiteral(std::string_view lexical, std::string_view language);

/// As bytes that are alike for the same term only. Blank nodes have no bytes: they are numbers.
[[nodiscard]] std::string EncodeTerm(const Term& term);
/// False for damaged bytes.
[[nodiscard]] bool DecodeTerm(std::string_view bytes, Term& term);

/// Added in N-Triples.
void AppendNTriples(std::string& text, const Term& term);
/// A literal's lexical form, escaped for between quotes.
void AppendEscaped(std::string& text, std::string_view lexical);

}  // namespace gyre::graph::rdf
