#include "graph/predicate.h"

#include <re2/re2.h>

#include <algorithm>

#include "graph/compare.h"

namespace gyre::graph {
namespace {

using core::Code;
using Op = Predicate::Op;
using PredicatePtr = std::shared_ptr<Predicate>;

struct Known {
    std::string_view name;
    Op op;
    Op negated;
};
constexpr Known kNames[] = {
    {"eq", Op::kEq, Op::kNeq},
    {"neq", Op::kNeq, Op::kEq},
    {"lt", Op::kLt, Op::kGte},
    {"lte", Op::kLte, Op::kGt},
    {"gt", Op::kGt, Op::kLte},
    {"gte", Op::kGte, Op::kLt},
    {"within", Op::kWithin, Op::kWithout},
    {"without", Op::kWithout, Op::kWithin},
    {"startingWith", Op::kStartingWith, Op::kNotStartingWith},
    {"notStartingWith", Op::kNotStartingWith, Op::kStartingWith},
    {"endingWith", Op::kEndingWith, Op::kNotEndingWith},
    {"notEndingWith", Op::kNotEndingWith, Op::kEndingWith},
    {"containing", Op::kContaining, Op::kNotContaining},
    {"notContaining", Op::kNotContaining, Op::kContaining},
    {"regex", Op::kRegex, Op::kNotRegex},
    {"notRegex", Op::kNotRegex, Op::kRegex},
    {"typeOf", Op::kTypeOf, Op::kNotTypeOf},
};

const Known* Named(std::string_view name) {
    const auto* found = std::ranges::find(kNames, name, &Known::name);
    return found == std::end(kNames) ? nullptr : found;
}

core::Result<PredicatePtr> Both(Op op, std::string_view left, std::string_view right,
                                const Values& arguments) {
    auto predicate = std::make_shared<Predicate>();
    predicate->op = op;
    GYRE_ASSIGN(PredicatePtr first, MakePredicate(left, {arguments[0]}));
    GYRE_ASSIGN(PredicatePtr second, MakePredicate(right, {arguments[1]}));
    predicate->children = {std::move(first), std::move(second)};
    return predicate;
}

bool Among(const Values& values, const Value& value) {
    return std::ranges::any_of(values, [&](const Value& v) { return EqualValues(value, v); });
}

/// A GType for each sort of value; "": none.
constexpr std::string_view kTypes[] = {
    "NULL",     "BOOLEAN",    "BYTE",     "SHORT", "INT",   "LONG",     "FLOAT", "DOUBLE",
    "BIGINT",   "BIGDECIMAL", "STRING",   "CHAR",  "UUID",  "DATETIME", "",      "VERTEX",
    "EDGE",     "VPROPERTY",  "PROPERTY", "PATH",  "LIST",  "SET",      "MAP",   "",
    "TREE",     "SET",        "",         "",      "",      "",         "",      "",
    "DURATION", "GRAPH",      "",         "",      "BINARY"};
static_assert(std::size(kTypes) == std::variant_size_v<Value::Variant>);

/// As a GType, where it may also be the name of Java's class.
std::string TypeWanted(const Value& type) {
    std::string wanted = DisplayText(type);
    std::ranges::transform(wanted, wanted.begin(),
                           [](char c) { return c >= 'a' && c <= 'z' ? char(c - 32) : c; });
    static constexpr std::pair<std::string_view, std::string_view> kClasses[] = {
        {"INTEGER", "INT"},    {"BIGINTEGER", "BIGINT"},       {"BYTEBUFFER", "BINARY"},
        {"CHARACTER", "CHAR"}, {"OFFSETDATETIME", "DATETIME"}, {"VERTEXPROPERTY", "VPROPERTY"}};
    for (const auto& [name, known] : kClasses) {
        if (name == wanted) return std::string(known);
    }
    return wanted;
}

bool IsOfType(const Value& value, const Value& type) {
    const std::string wanted = TypeWanted(type);
    if (wanted == "NUMBER") return value.IsNumber();
    return !wanted.empty() && kTypes[value.Index()] == wanted;
}

}  // namespace

bool Predicate::Test(const Value& value) const {
    switch (op) {
        case Op::kEq:
            return EqualValues(value, values[0]);
        case Op::kNeq:
            return !EqualValues(value, values[0]);
        case Op::kLt:
            return CompareValues(value, values[0]) < 0;
        case Op::kLte:
            return CompareValues(value, values[0]) <= 0;
        case Op::kGt:
            return CompareValues(value, values[0]) > 0;
        case Op::kGte:
            return CompareValues(value, values[0]) >= 0;
        case Op::kWithin:
            return Among(values, value);
        case Op::kWithout:
            return !Among(values, value);
        case Op::kTypeOf:
            return IsOfType(value, values[0]);
        case Op::kNotTypeOf:
            return !IsOfType(value, values[0]);
        case Op::kAnd:
            return std::ranges::all_of(children, [&](const auto& c) { return c->Test(value); });
        case Op::kOr:
            return std::ranges::any_of(children, [&](const auto& c) { return c->Test(value); });
        default: {
            const auto* text = value.If<std::string>();
            return text != nullptr && TestsTexts() && TestText(*text);
        }
    }
}

bool Predicate::TestsTexts() const {
    const bool texts =
        op == Op::kEq || op == Op::kNeq || (op >= Op::kStartingWith && op <= Op::kNotRegex);
    return texts && values[0].Is<std::string>();
}

bool Predicate::TestText(std::string_view text) const {
    const std::string& pattern = values[0].As<std::string>();
    switch (op) {
        case Op::kEq:
            return text == pattern;
        case Op::kNeq:
            return text != pattern;
        case Op::kStartingWith:
            return text.starts_with(pattern);
        case Op::kNotStartingWith:
            return !text.starts_with(pattern);
        case Op::kEndingWith:
            return text.ends_with(pattern);
        case Op::kNotEndingWith:
            return !text.ends_with(pattern);
        case Op::kContaining:
            return text.find(pattern) != std::string::npos;
        case Op::kNotContaining:
            return text.find(pattern) == std::string::npos;
        case Op::kRegex:
            return re2::RE2::PartialMatch(text, *regex);
        case Op::kNotRegex:
            return !re2::RE2::PartialMatch(text, *regex);
        default:
            return false;
    }
}

bool Predicate::Decides(const Value& value) const {
    const auto decides = [&](const auto& child) { return child->Decides(value); };
    const auto settles = [&](const auto& child) {  // alone, whatever the others say
        return child->Decides(value) && child->Test(value) == (op == Op::kOr);
    };
    switch (op) {
        case Op::kLt:
        case Op::kLte:
        case Op::kGt:
        case Op::kGte:
            return CompareValues(value, values[0]) != std::partial_ordering::unordered;
        case Op::kAnd:
        case Op::kOr:
            return std::ranges::any_of(children, settles) || std::ranges::all_of(children, decides);
        default:
            return true;
    }
}

PredicatePtr Predicate::Negated() const {
    auto negated = std::make_shared<Predicate>(*this);
    if (op == Op::kAnd || op == Op::kOr) {
        negated->op = op == Op::kAnd ? Op::kOr : Op::kAnd;
        for (auto& child : negated->children) child = child->Negated();
        return negated;
    }
    if (op == Op::kNotTypeOf) negated->op = Op::kTypeOf;
    for (const Known& name : kNames) {
        if (name.op == op) negated->op = name.negated;
    }
    return negated;
}

std::string_view Predicate::Name() const {
    for (const auto& name : kNames) {
        if (name.op == op) return name.name;
    }
    return op == Op::kAnd ? "and" : op == Op::kOr ? "or" : "notTypeOf";
}

bool IsPredicateName(std::string_view name) {
    return Named(name) != nullptr || name == "inside" || name == "outside" || name == "between" ||
           name == "not";
}

PredicatePtr EqualTo(Value value) {
    auto predicate = std::make_shared<Predicate>();
    predicate->values.push_back(std::move(value));
    return predicate;
}

core::Result<PredicatePtr> MakePredicate(std::string_view name, Values arguments) {
    const auto wants = [&](size_t count) {
        return arguments.size() == count
                   ? core::Status()
                   : core::Fail(Code::kInvalidArgument, std::string(name) + " takes " +
                                                            std::to_string(count) + " argument(s)");
    };
    if (name == "inside" || name == "outside" || name == "between") {
        if (arguments.size() == 1 && arguments[0].Is<Ptr<List>>()) {
            arguments = Values(arguments[0].As<Ptr<List>>()->items);  // as GraphSON writes them
        }
        GYRE_TRY(wants(2));
        if (name == "inside") return Both(Op::kAnd, "gt", "lt", arguments);
        if (name == "outside") return Both(Op::kOr, "lt", "gt", arguments);
        return Both(Op::kAnd, "gte", "lt", arguments);
    }
    if (name == "and" || name == "or" || name == "not") {
        for (const Value& argument : arguments) {
            if (argument.Is<Ptr<Predicate>>()) continue;
            return core::Fail(Code::kInvalidArgument,
                              "P." + std::string(name) + " takes predicates");
        }
        if (name == "not") {
            GYRE_TRY(wants(1));
            return arguments[0].As<Ptr<Predicate>>()->Negated();
        }
        auto predicate = std::make_shared<Predicate>();
        predicate->op = name == "and" ? Op::kAnd : Op::kOr;
        for (const Value& argument : arguments) {
            predicate->children.push_back(argument.As<Ptr<Predicate>>());
        }
        return predicate;
    }
    const auto* known = Named(name);
    if (known == nullptr) {
        return core::Fail(Code::kInvalidArgument, "no predicate is named " + std::string(name));
    }
    auto predicate = std::make_shared<Predicate>();
    predicate->op = known->op;
    if (known->op == Op::kWithin || known->op == Op::kWithout) {
        if (arguments.size() == 1 && arguments[0].Is<Ptr<List>>()) {
            arguments = Values(arguments[0].As<Ptr<List>>()->items);
        } else if (arguments.size() == 1 && arguments[0].Is<Ptr<Set>>()) {
            arguments = Values(arguments[0].As<Ptr<Set>>()->items);
        }
        predicate->values = std::move(arguments);
        return predicate;
    }
    GYRE_TRY(wants(1));
    predicate->values = std::move(arguments);
    if (known->op == Op::kTypeOf) {
        const std::string type = TypeWanted(predicate->values[0]);
        const bool there = std::ranges::find(kTypes, type) != std::end(kTypes);
        if (type.empty() || !(there || type == "NUMBER" || type == "BINARY")) {
            return core::Fail(Code::kInvalidArgument,
                              "no type is registered as " + DisplayText(predicate->values[0]));
        }
    }
    if (known->op == Op::kRegex || known->op == Op::kNotRegex) {
        re2::RE2::Options quiet;
        quiet.set_log_errors(false);
        predicate->regex = std::make_shared<re2::RE2>(DisplayText(predicate->values[0]), quiet);
        if (!predicate->regex->ok()) {
            return core::Fail(Code::kInvalidArgument,
                              "the regular expression '" + DisplayText(predicate->values[0]) +
                                  "' is broken: " + predicate->regex->error());
        }
    }
    return predicate;
}

}  // namespace gyre::graph
