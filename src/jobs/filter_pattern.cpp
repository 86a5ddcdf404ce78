#include "jobs/filter_pattern.h"

#include <algorithm>
#include <string>
#include <vector>

#include "jobs/detail/column_pattern.h"
#include "jobs/detail/json_pattern.h"
#include "jobs/detail/pattern_text.h"

namespace gyre::jobs {
namespace {

using core::Result;
using Parsed = Result<std::shared_ptr<const FilterPattern::Matcher>>;

class Terms final : public FilterPattern::Matcher {
  public:
    static Parsed Parse(detail::PatternText& text) {
        auto pattern = std::make_shared<Terms>();
        while (!text.AtEnd()) {
            std::vector<std::string>* terms = &pattern->all_;
            if (text.Take("?")) {
                terms = &pattern->any_;
            } else if (text.Take("-")) {
                terms = &pattern->none_;
            }
            std::string term;
            if (text.Next() == '"') {
                GYRE_ASSIGN(term, text.Quoted());
            } else {
                term = text.Until(" ");
            }
            if (!term.empty()) terms->push_back(std::move(term));
            text.SkipSpaces();
        }
        return pattern;
    }

    bool Matches(std::string_view line) const override {
        const auto in_line = [&](const std::string& term) {
            return line.find(term) != std::string_view::npos;
        };
        return std::ranges::all_of(all_, in_line) && std::ranges::none_of(none_, in_line) &&
               (any_.empty() || std::ranges::any_of(any_, in_line));
    }

  private:
    std::vector<std::string> all_;
    std::vector<std::string> any_;
    std::vector<std::string> none_;
};

class Expression final : public FilterPattern::Matcher {
  public:
    explicit Expression(detail::PatternValue value) : value_(std::move(value)) {}
    bool Matches(std::string_view line) const override { return value_.Equals(line); }

  private:
    const detail::PatternValue value_;
};

Parsed ParseExpression(detail::PatternText& text) {
    GYRE_ASSIGN(auto value, detail::PatternValue::Parse(text, ""));
    text.SkipSpaces();
    if (!text.AtEnd()) return text.Expected("nothing behind the regular expression");
    return std::make_shared<Expression>(std::move(value));
}

}  // namespace

Result<FilterPattern> FilterPattern::Parse(std::string_view pattern) {
    detail::PatternText text(pattern);
    text.SkipSpaces();
    const char first = text.Next();
    GYRE_ASSIGN(auto matcher, first == '{'   ? detail::ParseJsonPattern(text)
                              : first == '[' ? detail::ParseColumnPattern(text)
                              : first == '%' ? ParseExpression(text)
                                             : Terms::Parse(text));
    return FilterPattern(std::move(matcher));
}

}  // namespace gyre::jobs
