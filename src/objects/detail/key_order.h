#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/result.h"

namespace gyre::objects::detail {

/// The least text above every text that begins with `prefix` (UTF-8), in UTF-8's byte order (which
/// is that of code points); nullopt when there is none.
[[nodiscard]] std::optional<std::string> AfterPrefix(std::string_view prefix);

/// `key` up to the end of the first `delimiter` after `prefix`, with which it begins; nullopt where
/// there is none.
[[nodiscard]] std::optional<std::string> CommonPrefix(std::string_view key, std::string_view prefix,
                                                      std::string_view delimiter);

/// Where a listing goes on: after a key, or after all that begins with a common prefix.
struct ListPlace {
    std::string text;
    bool past_prefix = false;
};

[[nodiscard]] std::string ToToken(const ListPlace& place);
/// Errors: InvalidArgument.
[[nodiscard]] core::Result<ListPlace> FromToken(std::string_view token);

}  // namespace gyre::objects::detail
