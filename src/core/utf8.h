#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace gyre::core {

/// Bytes of the UTF-8 character at the front of `text`, which is not empty; 0 where there is none.
/// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
[[nodiscard]] size_t Utf8Length(std::string_view text);
/// Whether all of it is UTF-8.
[[nodiscard]] bool IsUtf8(std::string_view text);
/// The same text where it is UTF-8; else every byte that is no part of a character is taken for the
/// Latin-1 character that it may have been meant for.
[[nodiscard]] std::string ToUtf8(std::string_view text);
/// Adds a code point below U+110000; a surrogate's three bytes too, though they are no UTF-8.
void AppendUtf8(std::string& text, char32_t code);
/// At most so many bytes, which are three or more: a longer text is cut at a character's border and
/// ends in "...".
[[nodiscard]] std::string Shortened(std::string text, size_t most);
/// The same with "..." in its inside, two thirds before it: for texts whose beginning says what
/// happened and whose end holds somebody's last lines. `most` is nine or more.
[[nodiscard]] std::string ShortenedInside(std::string text, size_t most);

}  // namespace gyre::core
