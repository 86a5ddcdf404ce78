#pragma once

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace gyre::wire::detail {

using PathValues = std::vector<std::pair<std::string_view, std::string_view>>;

/// The labels of "/{Bucket}/{Key+}" in an encoded path, still encoded; nullopt where the path is
/// another. A label is one segment and not empty; one with '+' is all that is left.
[[nodiscard]] std::optional<PathValues> MatchPath(std::string_view pattern, std::string_view path);

}  // namespace gyre::wire::detail
