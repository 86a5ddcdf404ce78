#pragma once

#include <string_view>
#include <vector>

#include "core/result.h"

namespace gyre::transform {

/// The fields of one line of CSV (RFC 4180), as they stand there, quotes included, so that what is
/// put together of them again reads as before. A '\r' at the end is dropped. Errors:
/// kInvalidArgument for a quote that is not closed, or that something follows.
[[nodiscard]] core::Result<std::vector<std::string_view>> CsvFields(std::string_view line);

}  // namespace gyre::transform
