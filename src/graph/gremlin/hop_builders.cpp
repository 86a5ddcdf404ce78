#include "graph/gremlin/detail/builder.h"

namespace gyre::graph::gremlin::detail {
namespace {

using core::Result;
using plan::Op;
using plan::Step;

Result<Step> Source(const Call& call, Op op) {
    Step step = call.Step(op);
    step.values = Values(call.Arguments());
    for (const Value& id : step.values) {
        if (id.Is<Ptr<Bytecode>>()) return call.Unimplemented(call.Name() + "(traversal)");
    }
    // V(null) and V([]) name no element, and V() names all
    return step;
}

Result<Step> Hop(const Call& call, Op op, Direction side) {
    Step step = call.Step(op);
    step.side = side;
    GYRE_ASSIGN(step.texts, call.Texts(call.All()));
    return step;
}

Result<Step> EndOf(const Call& call, Direction side) {
    Step step = call.Step(Op::kEdgeVertex);
    step.side = side;
    return step;
}

Result<Step> Towards(const Call& call, Op op) {
    if (call.Count() == 0 || !call.At(0).IsToken(TokenKind::kDirection)) {
        return call.Wrong("a Direction");
    }
    Step step = call.Step(op);
    step.side = static_cast<Direction>(call.At(0).As<Token>().value);
    GYRE_ASSIGN(step.texts, call.Texts(call.All().subspan(1)));
    return step;
}

}  // namespace

void AddHopBuilders(Builders& all) {
    all["V"] = [](const Call& call) { return Source(call, Op::kVertices); };
    all["E"] = [](const Call& call) { return Source(call, Op::kEdges); };
    all["inject"] = [](const Call& call) -> Result<Step> {
        Step step = call.Step(Op::kInject);
        step.values = Values(call.Arguments());
        return step;
    };
    all["out"] = [](const Call& call) { return Hop(call, Op::kToVertices, Direction::kOut); };
    all["in"] = [](const Call& call) { return Hop(call, Op::kToVertices, Direction::kIn); };
    all["both"] = [](const Call& call) { return Hop(call, Op::kToVertices, Direction::kBoth); };
    all["outE"] = [](const Call& call) { return Hop(call, Op::kToEdges, Direction::kOut); };
    all["inE"] = [](const Call& call) { return Hop(call, Op::kToEdges, Direction::kIn); };
    all["bothE"] = [](const Call& call) { return Hop(call, Op::kToEdges, Direction::kBoth); };
    all["outV"] = [](const Call& call) { return EndOf(call, Direction::kOut); };
    all["inV"] = [](const Call& call) { return EndOf(call, Direction::kIn); };
    all["bothV"] = [](const Call& call) { return EndOf(call, Direction::kBoth); };
    all["otherV"] = [](const Call& call) -> Result<Step> { return call.Step(Op::kOtherVertex); };
    all["to"] = [](const Call& call) { return Towards(call, Op::kToVertices); };
    all["toE"] = [](const Call& call) { return Towards(call, Op::kToEdges); };
    all["toV"] = [](const Call& call) { return Towards(call, Op::kEdgeVertex); };
}

}  // namespace gyre::graph::gremlin::detail
