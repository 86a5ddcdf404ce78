#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace gyre::jobs {

/// CloudWatch Logs' filter pattern for unstructured lines: terms that must all be in the line
/// (`ERROR "out of memory"`), of which one must be (`?ERROR ?WARN`), or none may be (`-DEBUG`).
/// Case counts. The empty pattern matches every line.
class FilterPattern {
  public:
    /// Errors: kInvalidArgument for an open quote; kUnimplemented for patterns over JSON ({…}),
    /// columns ([…]) and regular expressions (%…%).
    [[nodiscard]] static core::Result<FilterPattern> Parse(std::string_view text);
    [[nodiscard]] bool Matches(std::string_view line) const;

  private:
    std::vector<std::string> all_;
    std::vector<std::string> any_;
    std::vector<std::string> none_;
};

}  // namespace gyre::jobs
