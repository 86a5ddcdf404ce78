#pragma once

#include <string>
#include <string_view>

namespace gyre::cli::detail {

/// By the file's extension; where there is none that is known, by what the body looks like.
[[nodiscard]] std::string ContentTypeOf(std::string_view file, std::string_view body);

/// Whether an answer of that type may go to a terminal.
[[nodiscard]] bool IsTextType(std::string_view type);

}  // namespace gyre::cli::detail
