#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace gyre::graph::cypher::detail {

enum class Lexeme : uint8_t { kName, kQuoted, kText, kInteger, kFloat, kParameter, kSign, kEnd };
struct Piece {
    Lexeme kind = Lexeme::kEnd;
    std::string text;  ///< a name as written, a string resolved, a parameter without '$'
    uint32_t at = 0;
};

/// The error with line and column, and after it openCypher's own name for it, if it has one.
[[nodiscard]] core::Error SyntaxError(std::string_view query, uint32_t at, std::string_view detail,
                                      std::string message);

/// All pieces of a query, kEnd last. Errors: kInvalidArgument for an unended string or a foreign
/// character.
[[nodiscard]] core::Result<std::vector<Piece>> Cut(std::string_view query);

}  // namespace gyre::graph::cypher::detail
