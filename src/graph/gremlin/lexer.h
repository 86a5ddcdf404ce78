#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.h"

namespace gyre::graph::gremlin {

enum class Lexeme : uint8_t {
    kName,    ///< an identifier or keyword
    kNumber,  ///< with its suffix
    kText,    ///< a string literal, its escapes resolved
    kSign,    ///< one of ( ) [ ] { } , . : ; + - = or ".."
    kEnd,
};
struct Piece {
    Lexeme kind = Lexeme::kEnd;
    std::string_view text;  ///< as written
    std::string value;      ///< of kText
    uint32_t at = 0;        ///< offset in the script
    bool after_line_break = false;
};

/// "line 3, column 14", both from 1; columns count bytes.
[[nodiscard]] std::string PlaceText(std::string_view script, uint32_t at);
/// A MalformedQueryException that names the place.
[[nodiscard]] core::Error SyntaxError(std::string_view script, uint32_t at, std::string message);

/// Cuts a script into pieces by TinkerPop 3.7's Gremlin.g4. `script` outlives it.
class Lexer {
  public:
    explicit Lexer(std::string_view script) : script_(script) {}
    /// Errors: kInvalidArgument for an unended string, a broken escape or a foreign character.
    [[nodiscard]] core::Result<Piece> Next();

  private:
    [[nodiscard]] core::Result<Piece> Text();
    [[nodiscard]] core::Status Escape(std::string& into);
    [[nodiscard]] Piece Number();
    bool SkipBlank();

    std::string_view script_;
    uint32_t at_ = 0;
};

}  // namespace gyre::graph::gremlin
