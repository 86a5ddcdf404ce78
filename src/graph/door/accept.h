#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace gyre::graph::door {

/// Which of `types`, in the order in which we like them, an Accept header likes best (RFC 9110,
/// 12.5.1). Nullopt: none. No header takes any.
[[nodiscard]] std::optional<size_t> Negotiate(std::string_view accept,
                                              std::span<const std::string_view> types);

}  // namespace gyre::graph::door
