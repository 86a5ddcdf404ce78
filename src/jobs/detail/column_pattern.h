#pragma once

#include "jobs/detail/pattern_text.h"
#include "jobs/filter_pattern.h"

namespace gyre::jobs::detail {

/// `[ip, user = "me" || user = you, ..., status != 4*, bytes > 1000]`: of lines with so many
/// columns; three dots stand for any number of them.
[[nodiscard]] core::Result<std::shared_ptr<const FilterPattern::Matcher>> ParseColumnPattern(
    PatternText& text);

}  // namespace gyre::jobs::detail
