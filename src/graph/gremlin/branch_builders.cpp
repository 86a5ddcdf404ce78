#include "graph/gremlin/detail/builder.h"

namespace gyre::graph::gremlin::detail {
namespace {

using core::Result;
using plan::Op;
using plan::Step;

Result<Step> Children(const Call& call, Op op) {
    Step step = call.Step(op);
    for (const Value& child : call.All()) {
        GYRE_ASSIGN(auto traversal, call.Child(child));
        step.children.push_back(std::move(traversal));
    }
    return step;
}

Result<Step> OneChild(const Call& call, Op op) {
    if (call.Count() != 1) return call.Wrong("a traversal");
    return Children(call, op);
}

Result<plan::TraversalPtr> Condition(const Call& call, const Value& value) {
    if (value.Is<Ptr<Lambda>>()) return call.TestOfLambda(value, false);
    if (!value.Is<Ptr<Predicate>>()) return call.Pattern(value);
    Step is = call.Step(Op::kIs);
    is.predicate = value.As<Ptr<Predicate>>();
    plan::Traversal only;
    only.steps.push_back(std::move(is));
    return std::make_shared<const plan::Traversal>(std::move(only));
}

/// choose(test, then[, else]), or choose(what) with options
Result<Step> Choose(const Call& call) {
    Step step = call.Step(Op::kChoose);
    if (call.Count() == 0 || call.Count() > 3) return call.Wrong("a test, and what then and else");
    if (call.Count() == 1) {
        if (call.At(0).IsToken(TokenKind::kT)) {
            static constexpr Op kReads[] = {Op::kId, Op::kKey, Op::kLabel, Op::kPropertyValue};
            plan::Traversal read;
            read.steps.push_back(call.Step(kReads[call.At(0).As<Token>().value]));
            step.children.push_back(std::make_shared<const plan::Traversal>(std::move(read)));
            return step;
        }
        const bool lambda = call.At(0).Is<Ptr<Lambda>>();
        GYRE_ASSIGN(auto what, lambda ? call.OfLambda(call.At(0), false) : call.Child(call.At(0)));
        step.children.push_back(std::move(what));
        return step;
    }
    GYRE_ASSIGN(auto test, Condition(call, call.At(0)));
    step.children.push_back(std::move(test));
    step.texts = {"test"};
    for (size_t i = 1; i < call.Count(); ++i) {
        plan::Option option;
        GYRE_ASSIGN(option.traversal, call.Child(call.At(i)));
        step.options.push_back(std::move(option));
    }
    return step;
}

Result<Step> Repeat(const Call& call) {
    Step step = call.Step(Op::kRepeat);
    size_t at = 0;
    if (call.Count() == 2 && call.At(0).Is<std::string>())
        step.texts = {call.At(at++).As<std::string>()};
    if (at + 1 != call.Count()) return call.Wrong("a name, if any, and a traversal");
    GYRE_ASSIGN(auto body, call.Child(call.At(at)));
    step.children.push_back(std::move(body));
    return step;
}

/// and(…) of patterns is all of them.
void AddPatterns(std::span<const Value> given, Values& patterns) {
    for (const Value& value : given) {
        const auto* pattern = value.If<Ptr<Bytecode>>();
        const bool all = pattern != nullptr && (*pattern)->steps.size() == 1 &&
                         (*pattern)->steps[0].name == "and" &&
                         !(*pattern)->steps[0].arguments.empty();
        if (all)
            AddPatterns((*pattern)->steps[0].arguments, patterns);
        else
            patterns.push_back(value);
    }
}

/// The names at the ends of patterns within or() and and().
void AddInnerNames(const Bytecode& pattern, std::vector<std::string>& names) {
    for (const Instruction& call : pattern.steps) {
        if (call.name == "as" && !call.arguments.empty()) {
            names.push_back(DisplayText(call.arguments[0]));
        }
        if (call.name != "or" && call.name != "and") continue;
        for (const Value& inner : call.arguments) {
            if (const auto* bytecode = inner.If<Ptr<Bytecode>>()) AddInnerNames(**bytecode, names);
        }
    }
}

/// Each pattern keeps as() at its ends: texts are "start" and "end" names, two a pattern, "" for
/// none; and after those names within its conditions.
Result<Step> Match(const Call& call) {
    Step step = call.Step(Op::kMatch);
    call.NeedsPath();
    Values patterns;
    AddPatterns(call.All(), patterns);
    for (const Value& value : patterns) {
        const auto* pattern = value.If<Ptr<Bytecode>>();
        if (pattern == nullptr) return call.Wrong("traversals");
        Bytecode body = **pattern;
        std::string begin, end;
        if (!body.steps.empty() && body.steps.front().name == "as") {
            begin = DisplayText(body.steps.front().arguments.at(0));
            body.steps.erase(body.steps.begin());
            if (!body.steps.empty() && body.steps.back().name == "as") {
                end = DisplayText(body.steps.back().arguments.at(0));
                body.steps.pop_back();
            }
        }
        GYRE_ASSIGN(auto child, call.Pattern(Value(std::make_shared<Bytecode>(std::move(body)))));
        step.children.push_back(std::move(child));
        step.texts.push_back(std::move(begin));
        step.texts.push_back(std::move(end));
    }
    for (const Value& value : patterns) {
        const Bytecode& pattern = *value.As<Ptr<Bytecode>>();
        const bool whole = !pattern.steps.empty() &&
                           (pattern.steps[0].name == "or" || pattern.steps[0].name == "and");
        if (whole) AddInnerNames(pattern, step.texts);
    }
    return step;
}

}  // namespace

void AddBranchBuilders(Builders& all) {
    all["union"] = [](const Call& call) { return Children(call, Op::kUnion); };
    all["coalesce"] = [](const Call& call) { return Children(call, Op::kCoalesce); };
    all["optional"] = [](const Call& call) { return OneChild(call, Op::kOptional); };
    all["local"] = [](const Call& call) { return OneChild(call, Op::kLocal); };
    all["branch"] = [](const Call& call) { return OneChild(call, Op::kBranch); };
    all["choose"] = Choose;
    all["repeat"] = Repeat;
    all["match"] = Match;
}

}  // namespace gyre::graph::gremlin::detail
