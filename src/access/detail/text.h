#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace gyre::access::detail {

/// Calls `visit` with each piece between separators; not at all for an empty text.
template <typename Visit>
void ForEachPiece(std::string_view text, char separator, Visit visit) {
    size_t at = 0;
    while (at < text.size()) {
        const size_t end = std::min(text.find(separator, at), text.size());
        visit(text.substr(at, end - at));
        at = end + 1;
    }
}

/// Without spaces and tabs at both ends.
[[nodiscard]] std::string_view Trim(std::string_view text);
[[nodiscard]] bool StartsWithIgnoreCase(std::string_view text, std::string_view lower_prefix);

/// Adds `text` with all but RFC 3986's unreserved characters (and '/' when `keep_slash`) as %XX.
void AppendEncoded(std::string_view text, bool keep_slash, std::string& out);
/// Decodes %XX; a broken escape stays as it is, since a signature only needs one fixed reading.
[[nodiscard]] std::string LenientDecode(std::string_view text, bool plus_is_space);

}  // namespace gyre::access::detail
