#pragma once

#include "jobs/detail/pattern_text.h"
#include "jobs/filter_pattern.h"

namespace gyre::jobs::detail {

/// `{ $.a.b[0] = "x" && ($.n > 5 || $.c IS NULL || $.d NOT EXISTS) }`. A property that is not there
/// or null compares with nothing, and so do lines that are no JSON objects.
[[nodiscard]] core::Result<std::shared_ptr<const FilterPattern::Matcher>> ParseJsonPattern(
    PatternText& text);

}  // namespace gyre::jobs::detail
