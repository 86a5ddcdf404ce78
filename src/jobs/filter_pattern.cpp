#include "jobs/filter_pattern.h"

#include <algorithm>

namespace gyre::jobs {

core::Result<FilterPattern> FilterPattern::Parse(std::string_view text) {
    FilterPattern pattern;
    const size_t begin = text.find_first_not_of(' ');
    if (begin == std::string_view::npos) return pattern;
    if (text[begin] == '{' || text[begin] == '[' || text[begin] == '%') {
        return core::Fail(core::Code::kUnimplemented, "InvalidParameterException",
                          "filter patterns over JSON, columns and regular expressions are not "
                          "implemented; terms, \"phrases\", ?term and -term are");
    }
    for (size_t at = begin; at < text.size();) {
        std::vector<std::string>* terms = &pattern.all_;
        if (text[at] == '?' || text[at] == '-') {
            terms = text[at] == '?' ? &pattern.any_ : &pattern.none_;
            ++at;
        }
        std::string term;
        if (at < text.size() && text[at] == '"') {
            for (++at; at < text.size() && text[at] != '"'; ++at) {
                if (text[at] == '\\' && at + 1 < text.size()) ++at;
                term += text[at];
            }
            if (at == text.size()) {
                return core::Fail(core::Code::kInvalidArgument, "InvalidParameterException",
                                  "Invalid filter pattern: a quote is not closed");
            }
            ++at;
        } else {
            const size_t end = std::min(text.find(' ', at), text.size());
            term = text.substr(at, end - at);
            at = end;
        }
        if (!term.empty()) terms->push_back(std::move(term));
        at = std::min(text.find_first_not_of(' ', at), text.size());
    }
    return pattern;
}

bool FilterPattern::Matches(std::string_view line) const {
    const auto in_line = [&](const std::string& term) {
        return line.find(term) != std::string_view::npos;
    };
    return std::ranges::all_of(all_, in_line) && std::ranges::none_of(none_, in_line) &&
           (any_.empty() || std::ranges::any_of(any_, in_line));
}

}  // namespace gyre::jobs
