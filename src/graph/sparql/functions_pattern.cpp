// REGEX, REPLACE and LANGMATCHES.
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>

#include "graph/sparql/functions.h"
#include "graph/sparql/run.h"
#include "net/http_message.h"

namespace gyre::graph::sparql {
namespace {

using Arguments = std::span<const Value>;

/// XPath's flags ("XQuery and XPath Functions and Operators", 5.6.1.1); null for a pattern or flags
/// that are none.
std::shared_ptr<const RE2> Compile(const std::string& pattern, const std::string& flags) {
    // A query has few patterns, and asks for the same one in each row.
    thread_local std::map<std::pair<std::string, std::string>, std::shared_ptr<const RE2>> kept;
    const auto known = kept.find({pattern, flags});
    if (known != kept.end()) return known->second;
    RE2::Options options(RE2::Quiet);
    std::string text = pattern, prefix;
    bool spaced = false;
    for (const char flag : flags) {
        switch (flag) {
            case 'i':
                options.set_case_sensitive(false);
                break;
            case 's':
                options.set_dot_nl(true);
                break;
            case 'm':
                prefix = "(?m)";
                break;
            case 'x':
                spaced = true;
                break;
            case 'q':
                options.set_literal(true);
                break;
            default:
                return nullptr;
        }
    }
    if (options.literal()) {
        prefix.clear();
    } else if (spaced) {
        std::erase_if(text, [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; });
    }
    auto compiled = std::make_shared<const RE2>(prefix + text, options);
    if (!compiled->ok()) compiled = nullptr;
    if (kept.size() >= 64) kept.clear();
    kept.emplace(std::pair(pattern, flags), compiled);
    return compiled;
}

Value Regex(Run&, Arguments a) {
    if (!a[0].IsText() || a[1].kind != Value::Kind::kString ||
        (a.size() > 2 && a[2].kind != Value::Kind::kString)) {
        return {};
    }
    const auto pattern = Compile(a[1].text, a.size() > 2 ? a[2].text : "");
    return pattern ? BooleanValue(RE2::PartialMatch(a[0].text, *pattern)) : Value();
}

/// "$1" is RE2's "\1", "\$" is "$"; empty for what is neither.
bool Rewritten(std::string_view replacement, bool literal, std::string& text) {
    for (size_t i = 0; i < replacement.size(); ++i) {
        const char c = replacement[i];
        const char next = i + 1 < replacement.size() ? replacement[i + 1] : '\0';
        if (literal) {
            text += c == '\\' ? "\\\\" : std::string(1, c);
        } else if (c == '$') {
            if (next < '0' || next > '9') return false;
            text += {'\\', next};
            ++i;
        } else if (c == '\\') {
            if (next != '\\' && next != '$') return false;
            text += next == '\\' ? "\\\\" : "$";
            ++i;
        } else {
            text += c;
        }
    }
    return true;
}

/// What replacing may make of a text at most: matches do not overlap, so each group that the
/// rewriting names comes to no more than the text.
size_t MostBytesReplaced(std::string_view text, const RE2& pattern, std::string_view rewrite) {
    const auto groups = static_cast<size_t>(std::ranges::count(rewrite, '\\'));
    const size_t kept = text.size() * (1 + groups);
    if (kept + (text.size() + 1) * rewrite.size() <= exec::kMostBytes) return kept;
    size_t matches = 0;
    re2::StringPiece found;
    for (size_t at = 0;
         at <= text.size() && pattern.Match(text, at, text.size(), RE2::UNANCHORED, &found, 1);) {
        ++matches;
        const auto end = static_cast<size_t>(found.data() - text.data()) + found.size();
        at = found.empty() ? end + 1 : end;
    }
    return kept + matches * rewrite.size();
}

Value Replace(Run& run, Arguments a) {
    if (!a[0].IsText() || a[1].kind != Value::Kind::kString || a[2].kind != Value::Kind::kString ||
        (a.size() > 3 && a[3].kind != Value::Kind::kString)) {
        return {};
    }
    const std::string flags = a.size() > 3 ? a[3].text : "";
    const auto pattern = Compile(a[1].text, flags);
    // What matches nothing could be put in anywhere.
    if (!pattern || RE2::FullMatch("", *pattern)) return {};
    std::string rewrite, text = a[0].text, why;
    if (!Rewritten(a[2].text, flags.find('q') != std::string::npos, rewrite)) return {};
    if (!pattern->CheckRewriteString(rewrite, &why)) {
        // A group that the pattern has not is empty.
        std::string kept;
        for (size_t i = 0; i < rewrite.size(); ++i) {
            const bool group =
                rewrite[i] == '\\' && i + 1 < rewrite.size() && rewrite[i + 1] != '\\';
            if (group && rewrite[i + 1] - '0' > pattern->NumberOfCapturingGroups()) {
                ++i;
                continue;
            }
            kept += rewrite[i];
        }
        rewrite = kept;
    }
    if (MostBytesReplaced(text, *pattern, rewrite) > exec::kMostBytes) {
        run.budget.Fail(exec::TooLarge());
        return {};
    }
    RE2::GlobalReplace(&text, *pattern, rewrite);
    return StringLike(std::move(text), a[0]);
}

/// Basic filtering (RFC 4647, 3.3.1).
Value LangMatches(Run&, Arguments a) {
    if (a[0].kind != Value::Kind::kString || a[1].kind != Value::Kind::kString) return {};
    const std::string& language = a[0].text;
    const std::string& range = a[1].text;
    if (range == "*") return BooleanValue(!language.empty());
    const std::string_view begin = std::string_view(language).substr(0, range.size());
    const bool ends = language.size() <= range.size() || language[range.size()] == '-';
    return BooleanValue(ends && !language.empty() && net::EqualsIgnoreCase(begin, range));
}

constexpr std::array<Function, 3> kPatternFunctions = {
    {{"REGEX", 2, 3, Regex}, {"REPLACE", 3, 4, Replace}, {"LANGMATCHES", 2, 2, LangMatches}}};

}  // namespace

std::span<const Function> PatternFunctions() {
    return kPatternFunctions;
}

}  // namespace gyre::graph::sparql
