#include "jobs/detail/column_pattern.h"

#include <algorithm>
#include <span>
#include <vector>

namespace gyre::jobs::detail {
namespace {

using core::Result;

constexpr std::string_view kColumnEnds = " ,]=!<>&|";
constexpr std::string_view kColumnValueEnds = " ,]&|";

/// Of one column: one of the lists must hold as a whole.
using Conditions = std::vector<std::vector<Comparison>>;

std::vector<std::string_view> ColumnsOf(std::string_view line) {
    std::vector<std::string_view> columns;
    while (true) {
        line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
        if (line.empty()) return columns;
        const char close = line[0] == '"' ? '"' : line[0] == '[' ? ']' : ' ';
        const size_t begin = close == ' ' ? 0 : 1;
        const size_t end = std::min(line.find(close, begin), line.size());
        columns.push_back(line.substr(begin, end - begin));
        line.remove_prefix(std::min(end + 1, line.size()));
    }
}

bool ColumnHolds(const Conditions& conditions, std::string_view column) {
    if (conditions.empty()) return true;
    const auto number = NumberOf(column);
    return std::ranges::any_of(conditions, [&](const std::vector<Comparison>& all) {
        return std::ranges::all_of(
            all, [&](const Comparison& one) { return one.Holds(column, number); });
    });
}

class ColumnPattern final : public FilterPattern::Matcher {
  public:
    bool Matches(std::string_view line) const override {
        const auto columns = ColumnsOf(line);
        if (dots ? columns.size() < before.size() + behind.size()
                 : columns.size() != before.size()) {
            return false;
        }
        return std::ranges::equal(before, std::span(columns).first(before.size()), ColumnHolds) &&
               std::ranges::equal(behind, std::span(columns).last(behind.size()), ColumnHolds);
    }

    std::vector<Conditions> before;  ///< the dots, or all
    bool dots = false;
    std::vector<Conditions> behind;
};

Result<Conditions> ReadColumn(PatternText& text) {
    Conditions conditions;
    bool another = true;
    while (another) {
        text.SkipSpaces();
        const std::string_view name = text.Until(kColumnEnds);
        text.SkipSpaces();
        if (text.Next() == ',' || text.Next() == ']') {
            if (name.empty() || !conditions.empty()) return text.Expected("a column");
            return conditions;
        }
        GYRE_ASSIGN(auto comparison, Comparison::Parse(text, kColumnValueEnds));
        if (conditions.empty()) conditions.emplace_back();
        conditions.back().push_back(std::move(comparison));
        text.SkipSpaces();
        const bool or_another = text.Take("||");
        if (or_another) conditions.emplace_back();
        another = or_another || text.Take("&&");
    }
    return conditions;
}

}  // namespace

Result<std::shared_ptr<const FilterPattern::Matcher>> ParseColumnPattern(PatternText& text) {
    text.Take("[");
    auto pattern = std::make_shared<ColumnPattern>();
    do {
        text.SkipSpaces();
        if (text.Take("...")) {
            if (pattern->dots) return text.Expected("only one ...");
            pattern->dots = true;
            text.SkipSpaces();
            continue;
        }
        GYRE_ASSIGN(auto conditions, ReadColumn(text));
        (pattern->dots ? pattern->behind : pattern->before).push_back(std::move(conditions));
    } while (text.Take(","));
    if (!text.Take("]")) return text.Expected("]");
    text.SkipSpaces();
    if (!text.AtEnd()) return text.Expected("nothing behind ]");
    return pattern;
}

}  // namespace gyre::jobs::detail
