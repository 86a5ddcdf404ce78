#pragma once

#include <string>
#include <string_view>

namespace gyre::transform {

/// The beginning of an answer, at most 1 KiB, as text that may stand in JSON: what is no UTF-8 is
/// written as '?'.
[[nodiscard]] std::string AnswerExcerpt(std::string_view answer);

}  // namespace gyre::transform
