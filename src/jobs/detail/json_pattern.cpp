#include "jobs/detail/json_pattern.h"

#include <boost/json.hpp>

#include <algorithm>
#include <functional>
#include <vector>

#include "core/json.h"

namespace gyre::jobs::detail {
namespace {

using core::Json;
using core::Result;
using Test = std::function<bool(const Json& event)>;

constexpr int kDeepest = 32;
constexpr std::string_view kPropertyEnds = " .[]=!<>()&|{}";
constexpr std::string_view kPropertyValueEnds = " )}&|";

/// A member, an element, or with neither all of them.
struct Step {
    std::optional<std::string> name;
    std::optional<size_t> index;
};
using Selector = std::vector<Step>;

/// Calls `take` with each value that the steps from `at` on lead to, until it says true.
bool AnyOf(const Json& json, const Selector& steps, size_t at,
           const std::function<bool(const Json&)>& take) {
    if (at == steps.size()) return take(json);
    const Step& step = steps[at];
    if (step.name) {
        const Json* member = core::JsonFind(json, *step.name);
        return member != nullptr && AnyOf(*member, steps, at + 1, take);
    }
    if (step.index) {
        return json.is_array() && *step.index < json.get_array().size() &&
               AnyOf(json.get_array()[*step.index], steps, at + 1, take);
    }
    const auto further = [&](const Json& part) { return AnyOf(part, steps, at + 1, take); };
    if (json.is_array()) return std::ranges::any_of(json.get_array(), further);
    return json.is_object() && std::ranges::any_of(json.get_object(), [&](const auto& member) {
               return further(member.value());
           });
}

bool PropertyHolds(const Comparison& comparison, const Json& json) {
    if (json.is_null()) return false;
    if (json.is_string()) return comparison.Holds(json.get_string(), std::nullopt);
    std::optional<double> number;
    if (json.is_number()) number = json.to_number<double>();
    return comparison.Holds(core::JsonText(json), number);
}

class Parser {
  public:
    explicit Parser(PatternText& text) : text_(text) {}

    Result<Test> Whole() {
        text_.Take("{");
        GYRE_ASSIGN(Test test, AnyTerm(0));
        if (!text_.Take("}")) return text_.Expected("}");
        text_.SkipSpaces();
        if (!text_.AtEnd()) return text_.Expected("nothing behind }");
        return test;
    }

  private:
    Result<Test> AnyTerm(int depth) {
        GYRE_ASSIGN(Test first, AllTerms(depth));
        std::vector<Test> tests{std::move(first)};
        while (text_.Take("||")) {
            GYRE_ASSIGN(Test next, AllTerms(depth));
            tests.push_back(std::move(next));
        }
        return [tests = std::move(tests)](const Json& event) {
            return std::ranges::any_of(tests, [&](const Test& test) { return test(event); });
        };
    }

    Result<Test> AllTerms(int depth) {
        GYRE_ASSIGN(Test first, Term(depth));
        std::vector<Test> tests{std::move(first)};
        while (text_.Take("&&")) {
            GYRE_ASSIGN(Test next, Term(depth));
            tests.push_back(std::move(next));
        }
        return [tests = std::move(tests)](const Json& event) {
            return std::ranges::all_of(tests, [&](const Test& test) { return test(event); });
        };
    }

    /// With the spaces around it.
    Result<Test> Term(int depth) {
        if (depth > kDeepest) return text_.Expected("less in parentheses");
        text_.SkipSpaces();
        Test test;
        if (text_.Take("(")) {
            GYRE_ASSIGN(test, AnyTerm(depth + 1));
            if (!text_.Take(")")) return text_.Expected(")");
        } else {
            GYRE_ASSIGN(test, Condition());
        }
        text_.SkipSpaces();
        return test;
    }

    Result<Test> Condition() {
        GYRE_ASSIGN(Selector steps, ReadSelector());
        text_.SkipSpaces();
        if (text_.Take("NOT")) {
            text_.SkipSpaces();
            if (!text_.Take("EXISTS")) return text_.Expected("EXISTS");
            return [steps = std::move(steps)](const Json& event) {
                return !AnyOf(event, steps, 0, [](const Json&) { return true; });
            };
        }
        if (text_.Take("IS")) {
            text_.SkipSpaces();
            Json wanted;
            if (text_.Take("TRUE")) {
                wanted = true;
            } else if (text_.Take("FALSE")) {
                wanted = false;
            } else if (!text_.Take("NULL")) {
                return text_.Expected("NULL, TRUE or FALSE");
            }
            return [steps = std::move(steps), wanted](const Json& event) {
                return AnyOf(event, steps, 0, [&](const Json& json) { return json == wanted; });
            };
        }
        GYRE_ASSIGN(auto comparison, Comparison::Parse(text_, kPropertyValueEnds));
        return [steps = std::move(steps), comparison](const Json& event) {
            return AnyOf(event, steps, 0,
                         [&](const Json& json) { return PropertyHolds(comparison, json); });
        };
    }

    Result<Selector> ReadSelector() {
        if (!text_.Take("$")) return text_.Expected("a property ($.name)");
        Selector steps;
        while (text_.Next() == '.' || text_.Next() == '[') {
            const bool named = text_.Take(".");
            if (text_.Take("[")) {
                GYRE_ASSIGN(Step step, Bracketed());
                steps.push_back(std::move(step));
            } else if (named) {
                std::string name(text_.Until(kPropertyEnds));
                if (name.empty()) return text_.Expected("a property's name");
                steps.push_back(name == "*" ? Step() : Step{std::move(name), std::nullopt});
            }
        }
        if (steps.empty()) return text_.Expected("a property ($.name)");
        return steps;
    }

    /// Behind the bracket: a number, *, or a name in quotes.
    Result<Step> Bracketed() {
        Step step;
        if (text_.Next() == '"') {
            GYRE_ASSIGN(step.name, text_.Quoted());
        } else if (text_.Take("'")) {
            step.name = text_.Until("'");
            if (!text_.Take("'")) return text_.Expected("a closing quote");
        } else if (!text_.Take("*")) {
            const auto number = NumberOf(text_.Until("]"));
            if (!number || !(*number >= 0 && *number < 1e9)) return text_.Expected("a number");
            step.index = static_cast<size_t>(*number);
        }
        if (!text_.Take("]")) return text_.Expected("]");
        return step;
    }

    PatternText& text_;
};

class JsonPattern final : public FilterPattern::Matcher {
  public:
    explicit JsonPattern(Test test) : test_(std::move(test)) {}
    bool Matches(std::string_view line) const override {
        const size_t begin = line.find_first_not_of(" \t\r\n");
        if (begin == std::string_view::npos || line[begin] != '{') return false;
        const auto event = core::ParseJson(line);
        return event && test_(*event);
    }

  private:
    const Test test_;
};

}  // namespace

Result<std::shared_ptr<const FilterPattern::Matcher>> ParseJsonPattern(PatternText& text) {
    GYRE_ASSIGN(Test test, Parser(text).Whole());
    return std::make_shared<JsonPattern>(std::move(test));
}

}  // namespace gyre::jobs::detail
