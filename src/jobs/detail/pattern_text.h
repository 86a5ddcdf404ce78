#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.h"

namespace re2 {
class RE2;
}

namespace gyre::jobs::detail {

/// A filter pattern that is read from its beginning.
class PatternText {
  public:
    explicit PatternText(std::string_view text) : text_(text) {}

    [[nodiscard]] bool AtEnd() const { return at_ == text_.size(); }
    /// NUL at the end.
    [[nodiscard]] char Next() const { return AtEnd() ? '\0' : text_[at_]; }
    void SkipSpaces();
    /// Whether that came next, and was taken.
    bool Take(std::string_view word);
    /// What stands before the next of `ends`, or before the end.
    std::string_view Until(std::string_view ends);
    /// What is in the quotes that come next. \" and \\ stand for a quote and a backslash.
    [[nodiscard]] core::Result<std::string> Quoted();
    [[nodiscard]] tl::unexpected<core::Error> Expected(const std::string& what) const;

  private:
    const std::string_view text_;
    size_t at_ = 0;
};

/// What a comparison compares with: a text in which * stands for any, or a %regular expression%.
class PatternValue {
  public:
    /// Without quotes it goes to the next of `ends`.
    [[nodiscard]] static core::Result<PatternValue> Parse(PatternText& text, std::string_view ends);
    [[nodiscard]] bool Equals(std::string_view text) const;
    /// What a text without quotes is as a number.
    [[nodiscard]] std::optional<double> Number() const { return number_; }

  private:
    std::string text_;
    std::optional<double> number_;
    std::shared_ptr<const re2::RE2> expression_;
};

/// `= value`, `!= value`, `< value`…
class Comparison {
  public:
    [[nodiscard]] static core::Result<Comparison> Parse(PatternText& text, std::string_view ends);
    /// `number`: what `text` is as one, if it is.
    [[nodiscard]] bool Holds(std::string_view text, std::optional<double> number) const;

  private:
    enum class Sign { kEqual, kUnequal, kLess, kMore, kAtMost, kAtLeast };
    Comparison(Sign sign, PatternValue value) : sign_(sign), value_(std::move(value)) {}

    Sign sign_;
    PatternValue value_;
};

[[nodiscard]] std::optional<double> NumberOf(std::string_view text);

}  // namespace gyre::jobs::detail
