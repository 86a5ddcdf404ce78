#pragma once

#include <memory>
#include <string_view>

#include "core/result.h"

namespace gyre::jobs {

/// CloudWatch Logs' filter pattern ("Filter pattern syntax" in its user guide):
///
///     ERROR "out of memory" ?a ?b -c   terms that must all be in the line, one of which must be,
///                                      that must not be
///     %[Ee]rror|[Ff]ail%               a regular expression that some of the line matches
///     { $.level = "ERROR" && $.ms > 5 }  of lines that are JSON objects
///     [ip, ..., status = 4*, bytes]    of lines whose words are columns; "…" and […] count as one
///
/// Case counts. The empty pattern matches every line.
class FilterPattern {
  public:
    class Matcher {
      public:
        virtual ~Matcher() = default;
        [[nodiscard]] virtual bool Matches(std::string_view line) const = 0;
    };

    /// Errors: kInvalidArgument, with what was expected and the place.
    [[nodiscard]] static core::Result<FilterPattern> Parse(std::string_view text);
    [[nodiscard]] bool Matches(std::string_view line) const { return matcher_->Matches(line); }

  private:
    explicit FilterPattern(std::shared_ptr<const Matcher> matcher) : matcher_(std::move(matcher)) {}

    std::shared_ptr<const Matcher> matcher_;
};

}  // namespace gyre::jobs
