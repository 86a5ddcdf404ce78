#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace gyre::graph::sparql::detail {

enum class Lexeme : uint8_t {
    kIri,       ///< text: what stands between < and >
    kPrefixed,  ///< prefix and text, escapes resolved
    kBlank,     ///< _:text
    kVariable,
    kLanguage,  ///< @text
    kInteger,
    kDecimal,
    kDouble,
    kString,  ///< escapes resolved
    kWord,    ///< keywords, functions' names, "a"
    kSign,
    kEnd,
};

struct Token {
    Lexeme kind = Lexeme::kEnd;
    std::string text;
    std::string prefix;
    size_t at = 0;   ///< in the query
    size_t end = 0;  ///< after its last character
};

/// A MalformedQueryException that says where.
[[nodiscard]] core::Error SyntaxError(std::string_view query, size_t at, const std::string& what);

/// The query's tokens, an end last. Errors: SyntaxError.
[[nodiscard]] core::Result<std::vector<Token>> Tokens(std::string_view query);
/// With each \uXXXX and \UXXXXXXXX replaced by its character ("SPARQL 1.1 Query Language", 19.2).
[[nodiscard]] core::Result<std::string> WithoutCodepointEscapes(std::string_view query);

}  // namespace gyre::graph::sparql::detail
