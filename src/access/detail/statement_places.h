#pragma once

#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

namespace gyre::access::detail {

/// Where the statements of a policy document stand, as bytes [begin, end), in their order. `json`
/// is known to be a valid JSON object; of a document that is not, some places may be missing.
[[nodiscard]] std::vector<std::pair<size_t, size_t>> StatementPlaces(std::string_view json);

}  // namespace gyre::access::detail
