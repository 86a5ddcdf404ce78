#pragma once

#include <cstddef>
#include <string_view>

namespace gyre::serving::detail {

/// Length of the UTF-8 character at the start, 0 where there is none.
[[nodiscard]] size_t Utf8Length(std::string_view text);
/// Whether all of it is.
[[nodiscard]] bool IsUtf8(std::string_view text);

}  // namespace gyre::serving::detail
