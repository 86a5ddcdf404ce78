#include "graph/gremlin/detail/builder.h"

namespace gyre::graph::gremlin::detail {
namespace {

using core::Result;
using plan::Op;
using plan::Step;

Result<Step> Scoped(const Call& call, Op op) {
    std::span<const Value> rest = call.All();
    Step step = call.Step(op);
    step.scope = call.TakeScope(rest);
    if (!rest.empty()) return call.Wrong("at most a Scope");
    return step;
}

/// group(), groupCount(), tree(): to a side effect where one is named
Result<Step> Aside(const Call& call, Op op) {
    Step step = call.Step(op);
    GYRE_ASSIGN(step.texts, call.Texts(call.All()));
    if (step.texts.size() > 1) return call.Wrong("at most one name");
    if (op == Op::kTree) call.NeedsPath();
    return step;
}

Result<Step> Aggregate(const Call& call) {
    std::span<const Value> rest = call.All();
    Step step = call.Step(Op::kAggregate);
    step.scope = call.TakeScope(rest);
    if (call.Name() == "store") step.scope = Scope::kLocal;
    GYRE_ASSIGN(step.texts, call.Texts(rest));
    if (step.texts.size() != 1) return call.Wrong("the name of a side effect");
    return step;
}

Result<Step> Fold(const Call& call) {
    Step step = call.Step(Op::kFold);
    if (call.Count() == 0) return step;
    if (call.Count() != 2 || !call.At(1).IsToken(TokenKind::kOperator)) {
        return call.Wrong("a value to begin with and an Operator");
    }
    step.values = {call.At(0)};
    step.reduce = static_cast<Operator>(call.At(1).As<Token>().value);
    return step;
}

}  // namespace

void AddReduceBuilders(Builders& all) {
    all["count"] = [](const Call& call) { return Scoped(call, Op::kCount); };
    all["sum"] = [](const Call& call) { return Scoped(call, Op::kSum); };
    all["min"] = [](const Call& call) { return Scoped(call, Op::kMin); };
    all["max"] = [](const Call& call) { return Scoped(call, Op::kMax); };
    all["mean"] = [](const Call& call) { return Scoped(call, Op::kMean); };
    all["order"] = [](const Call& call) { return Scoped(call, Op::kOrder); };
    all["fold"] = Fold;
    all["group"] = [](const Call& call) { return Aside(call, Op::kGroup); };
    all["groupCount"] = [](const Call& call) { return Aside(call, Op::kGroupCount); };
    all["tree"] = [](const Call& call) { return Aside(call, Op::kTree); };
    all["aggregate"] = all["store"] = Aggregate;
    all["cap"] = [](const Call& call) -> Result<Step> {
        Step step = call.Step(Op::kCap);
        GYRE_ASSIGN(step.texts, call.Texts(call.All()));
        if (step.texts.empty()) return call.Wrong("the names of side effects");
        return step;
    };
    all["barrier"] = [](const Call& call) -> Result<Step> {
        Step step = call.Step(Op::kBarrier);
        if (call.Count() == 0) return step;
        if (call.At(0).IsToken(TokenKind::kBarrier)) {
            step.texts = {"normSack"};
            return step;
        }
        GYRE_ASSIGN(step.high, call.Whole(call.At(0)));
        return step;
    };
    all["sideEffect"] = [](const Call& call) -> Result<Step> {
        if (call.Count() != 1) return call.Wrong("a traversal");
        Step step = call.Step(Op::kSideEffect);
        GYRE_ASSIGN(auto child, call.Child(call.At(0)));
        step.children.push_back(std::move(child));
        return step;
    };
    all["subgraph"] = [](const Call& call) -> Result<Step> {
        Step step = call.Step(Op::kSubgraph);
        GYRE_ASSIGN(step.texts, call.Texts(call.All()));
        if (step.texts.size() != 1) return call.Wrong("the name of a side effect");
        return step;
    };
    all["profile"] = [](const Call& call) { return Aside(call, Op::kProfile); };
    all["fail"] = [](const Call& call) -> Result<Step> {
        Step step = call.Step(Op::kFail);
        GYRE_ASSIGN(step.texts, call.Texts(call.All()));
        return step;
    };
}

}  // namespace gyre::graph::gremlin::detail
