#pragma once

#include <string>
#include <string_view>

namespace gyre::core {

/// The lower-case letter of A to Z; any other byte as it is, whatever the locale.
[[nodiscard]] constexpr char AsciiLower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
[[nodiscard]] inline std::string AsciiLower(std::string_view text) {
    std::string lower(text);
    for (char& c : lower) c = AsciiLower(c);
    return lower;
}

}  // namespace gyre::core
