#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "wire/detail/tables.h"

namespace gyre::wire::detail {

/// Epoch seconds as of documents, from "2026-11-24T12:00:00Z" (with or without a fraction), an HTTP
/// date, or a number.
[[nodiscard]] std::optional<double> ParseTimestamp(std::string_view text);
/// kDefault is taken as ISO 8601.
[[nodiscard]] std::string FormatTimestamp(double epoch_seconds, TimeFormat format);

}  // namespace gyre::wire::detail
