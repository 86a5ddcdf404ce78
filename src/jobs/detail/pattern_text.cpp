#include "jobs/detail/pattern_text.h"

#include <re2/re2.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "core/ascii.h"

namespace gyre::jobs::detail {
namespace {

using core::Result;

/// What CloudWatch takes in one, and spaces.
constexpr std::string_view kSymbols = ":_#=@/;,- ^$?[]{}|\\*+.";

/// Whether `text` is as `pattern`, in which * stands for any.
bool IsLike(std::string_view text, std::string_view pattern) {
    size_t at = 0, in = 0;
    size_t star = std::string_view::npos, after = 0;  // the last *, and where it ends for now
    while (at < text.size()) {
        if (in < pattern.size() && pattern[in] == '*') {
            star = in++;
            after = at;
        } else if (in < pattern.size() && pattern[in] == text[at]) {
            ++in;
            ++at;
        } else if (star != std::string_view::npos) {
            in = star + 1;
            at = ++after;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', in) == std::string_view::npos;
}

}  // namespace

std::optional<double> NumberOf(std::string_view text) {
    double number = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || stop != end || !std::isfinite(number)) return std::nullopt;
    return number;
}

void PatternText::SkipSpaces() {
    at_ = std::min(text_.find_first_not_of(' ', at_), text_.size());
}

bool PatternText::Take(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
}

std::string_view PatternText::Until(std::string_view ends) {
    const size_t end = std::min(text_.find_first_of(ends, at_), text_.size());
    const std::string_view found = text_.substr(at_, end - at_);
    at_ = end;
    return found;
}

Result<std::string> PatternText::Quoted() {
    std::string found;
    for (++at_; Next() != '"'; ++at_) {
        if (Next() == '\\') ++at_;
        if (AtEnd()) return Expected("a closing quote");
        found += text_[at_];
    }
    ++at_;
    return found;
}

tl::unexpected<core::Error> PatternText::Expected(const std::string& what) const {
    return core::Fail(
        core::Code::kInvalidArgument, "InvalidParameterException",
        "Invalid filter pattern: " + what + " is expected at character " + std::to_string(at_ + 1));
}

Result<PatternValue> PatternValue::Parse(PatternText& text, std::string_view ends) {
    PatternValue value;
    if (text.Next() == '"') {
        GYRE_ASSIGN(value.text_, text.Quoted());
        return value;
    }
    if (!text.Take("%")) {
        value.text_ = text.Until(ends);
        if (value.text_.empty()) return text.Expected("a value");
        value.number_ = NumberOf(value.text_);
        return value;
    }
    const std::string_view expression = text.Until("%");
    if (expression.empty() || !text.Take("%")) return text.Expected("a closing %");
    const auto is_taken = [](char c) {
        const char lower = core::AsciiLower(c);
        return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') ||
               kSymbols.find(c) != std::string_view::npos;
    };
    if (!std::ranges::all_of(expression, is_taken)) {
        return text.Expected("a regular expression of letters, digits and " +
                             std::string(kSymbols));
    }
    auto compiled = std::make_shared<re2::RE2>(expression, re2::RE2::Quiet);
    if (!compiled->ok()) return text.Expected("a regular expression (" + compiled->error() + ")");
    value.expression_ = std::move(compiled);
    return value;
}

bool PatternValue::Equals(std::string_view text) const {
    return expression_ ? re2::RE2::PartialMatch(text, *expression_) : IsLike(text, text_);
}

Result<Comparison> Comparison::Parse(PatternText& text, std::string_view ends) {
    constexpr std::pair<std::string_view, Sign> kSigns[] = {
        {"!=", Sign::kUnequal}, {"<=", Sign::kAtMost}, {">=", Sign::kAtLeast},
        {"=", Sign::kEqual},    {"<", Sign::kLess},    {">", Sign::kMore}};
    const auto* sign = std::ranges::find_if(
        kSigns, [&](const auto& candidate) { return text.Take(candidate.first); });
    if (sign == std::end(kSigns)) return text.Expected("one of = != < > <= >=");
    text.SkipSpaces();
    GYRE_ASSIGN(auto value, PatternValue::Parse(text, ends));
    const bool by_size = sign->second != Sign::kEqual && sign->second != Sign::kUnequal;
    if (by_size && !value.Number()) return text.Expected("a number");
    return Comparison(sign->second, std::move(value));
}

bool Comparison::Holds(std::string_view text, std::optional<double> number) const {
    const auto bound = value_.Number();
    switch (sign_) {
        case Sign::kEqual:
            return (number && bound && *number == *bound) || value_.Equals(text);
        case Sign::kUnequal:
            return !(number && bound && *number == *bound) && !value_.Equals(text);
        case Sign::kLess:
            return number && *number < *bound;
        case Sign::kMore:
            return number && *number > *bound;
        case Sign::kAtMost:
            return number && *number <= *bound;
        case Sign::kAtLeast:
            return number && *number >= *bound;
    }
    return false;
}

}  // namespace gyre::jobs::detail
