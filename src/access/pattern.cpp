#include "access/pattern.h"

#include <algorithm>
#include <utility>

#include "access/detail/text.h"
#include "core/ascii.h"

namespace gyre::access {
namespace {

// Compiled text holds these in the place of the wildcards. A request's text that holds them itself
// matches no pattern literally, which errs on the side of refusing.
constexpr char kAnyRun = '\x01';
constexpr char kAnyOne = '\x02';

char Fold(char c, bool ignore_case) {
    return ignore_case ? core::AsciiLower(c) : c;
}

/// Goes back to the last run only, so it needs no stack and no exponential time.
bool Glob(std::string_view pattern, std::string_view text, bool ignore_case) {
    size_t p = 0;
    size_t t = 0;
    size_t run = pattern.npos;
    size_t run_text = 0;
    while (t < text.size()) {
        const bool wild = p < pattern.size() && pattern[p] == kAnyRun;
        if (wild) {
            run = p++;
            run_text = t;
        } else if (p < pattern.size() &&
                   (pattern[p] == kAnyOne ||
                    Fold(pattern[p], ignore_case) == Fold(text[t], ignore_case))) {
            ++p;
            ++t;
        } else if (run != pattern.npos) {
            p = run + 1;
            t = ++run_text;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == kAnyRun) ++p;
    return p == pattern.size();
}

std::string WithWildcards(std::string_view text, bool wildcards) {
    std::string compiled(text);
    if (wildcards) {
        std::replace(compiled.begin(), compiled.end(), '*', kAnyRun);
        std::replace(compiled.begin(), compiled.end(), '?', kAnyOne);
    }
    return compiled;
}

/// Where the pieces of an ARN pattern end: the first five colons outside ${…}.
std::vector<std::string_view> SplitArn(std::string_view text) {
    std::vector<std::string_view> parts;
    size_t begin = 0;
    bool inside = false;
    for (size_t i = 0; i < text.size() && parts.size() < 5; ++i) {
        if (text.substr(i).starts_with("${")) inside = true;
        if (text[i] == '}') inside = false;
        if (text[i] == ':' && !inside) {
            parts.push_back(text.substr(begin, i - begin));
            begin = i + 1;
        }
    }
    parts.push_back(text.substr(begin));
    return parts;
}

}  // namespace

Pattern::Pattern(std::string_view text, bool variables, bool wildcards) {
    std::string literal;
    while (!text.empty()) {
        const size_t open = variables ? text.find("${") : text.npos;
        const size_t close = open == text.npos ? text.npos : text.find('}', open);
        if (close == text.npos) break;
        literal += WithWildcards(text.substr(0, open), wildcards);
        const std::string_view name = text.substr(open + 2, close - open - 2);
        text.remove_prefix(close + 1);
        if (name == "*" || name == "?" || name == "$") {
            literal += name;
            continue;
        }
        if (!literal.empty()) pieces_.push_back({false, std::exchange(literal, {}), {}});
        Piece piece{true, std::string(detail::Trim(name)), std::nullopt};
        if (const size_t comma = name.find(','); comma != name.npos) {
            piece.text = detail::Trim(name.substr(0, comma));
            const std::string_view quoted = detail::Trim(name.substr(comma + 1));
            if (quoted.size() >= 2 && quoted.front() == '\'' && quoted.back() == '\'') {
                piece.fallback = quoted.substr(1, quoted.size() - 2);
            }
        }
        pieces_.push_back(std::move(piece));
        has_variables_ = true;
    }
    literal += WithWildcards(text, wildcards);
    if (!literal.empty()) pieces_.push_back({false, std::move(literal), {}});
}

std::optional<std::string> Pattern::Compile(const VariableLookup& lookup) const {
    std::string compiled;
    for (const Piece& piece : pieces_) {
        if (!piece.variable) {
            compiled += piece.text;
            continue;
        }
        std::optional<std::string> value = lookup ? lookup(piece.text) : std::nullopt;
        if (!value) value = piece.fallback;
        if (!value || value->find_first_of("\x01\x02") != value->npos) return std::nullopt;
        compiled += *value;
    }
    return compiled;
}

bool Pattern::Matches(std::string_view text, const VariableLookup& lookup, bool ignore_case) const {
    if (!has_variables_) {
        return Glob(pieces_.empty() ? std::string_view() : pieces_.front().text, text, ignore_case);
    }
    const auto compiled = Compile(lookup);
    return compiled && Glob(*compiled, text, ignore_case);
}

std::optional<std::string> Pattern::Expand(const VariableLookup& lookup) const {
    return Compile(lookup);
}

void Pattern::AddVariables(std::vector<std::string>& keys) const {
    for (const Piece& piece : pieces_) {
        if (piece.variable) keys.push_back(piece.text);
    }
}

void ArnPattern::AddVariables(std::vector<std::string>& keys) const {
    for (const Pattern& part : parts_) part.AddVariables(keys);
}

std::optional<ArnPattern> ArnPattern::Parse(std::string_view text, bool variables) {
    ArnPattern pattern;
    if (text == "*") return pattern;
    const auto parts = SplitArn(text);
    if (parts.size() != 6 || parts[0] != "arn") return std::nullopt;
    for (const std::string_view part : parts) pattern.parts_.emplace_back(part, variables);
    return pattern;
}

bool ArnPattern::Matches(std::string_view arn, const VariableLookup& lookup) const {
    if (parts_.empty()) return true;
    for (size_t i = 0; i < parts_.size(); ++i) {
        const size_t colon = i + 1 < parts_.size() ? arn.find(':') : arn.size();
        if (colon == arn.npos) return false;
        if (!parts_[i].Matches(arn.substr(0, colon), lookup)) return false;
        arn.remove_prefix(std::min(colon + 1, arn.size()));
    }
    return true;
}

}  // namespace gyre::access
