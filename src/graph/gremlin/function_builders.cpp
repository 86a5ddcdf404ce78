#include "graph/exec/functions.h"
#include "graph/gremlin/detail/builder.h"

namespace gyre::graph::gremlin::detail {
namespace {

using core::Result;
using plan::Op;
using plan::Step;

/// A function of the traverser's value: its arguments are kept as they are, traversals apart.
Result<Step> Function(const Call& call) {
    std::span<const Value> rest = call.All();
    Step step = call.Step(Op::kFunction);
    step.scope = call.TakeScope(rest);
    step.texts = {call.Name()};
    for (const Value& argument : rest) {
        if (argument.Is<Ptr<Bytecode>>()) {
            GYRE_ASSIGN(auto child, call.Child(argument));
            step.children.push_back(std::move(child));
            step.values.emplace_back();
        } else {
            step.children.push_back(nullptr);
            step.values.push_back(argument);
        }
    }
    if (call.Name() == "split" && !call.TheRules().Is38() && !step.values.empty() &&
        DisplayText(step.values[0]).empty()) {
        step.values[0] = Value();  // at blanks; since 3.8 into characters
    }
    if (call.Name() == "asNumber" && !step.values.empty()) {
        const std::string type = DisplayText(step.values[0]);
        if (step.values.size() != 1 || !exec::IsNumberType(type)) {
            return call.Refused("asNumber() requires a numeric type token, got " + type);
        }
    }
    if (call.Name() == "format") {
        if (step.values.size() != 1) return call.Wrong("a text with %{names}");
        call.NeedsPath();
    }
    return step;
}

}  // namespace

void AddFunctionBuilders(Builders& all) {
    for (const std::string_view name :
         {"concat",     "asString", "length",    "toLower", "toUpper",   "trim",    "lTrim",
          "rTrim",      "replace",  "reverse",   "split",   "substring", "format",  "asDate",
          "dateAdd",    "dateDiff", "asNumber",  "asBool",  "combine",   "product", "conjoin",
          "difference", "disjunct", "intersect", "merge"}) {
        all[name] = Function;
    }
}

}  // namespace gyre::graph::gremlin::detail
