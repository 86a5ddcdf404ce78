#include "graph/gremlin/detail/builder.h"

namespace gyre::graph::gremlin::detail {
namespace {

using core::Result;
using plan::Op;
using plan::Step;

Result<Step> Add(const Call& call, Op op) {
    call.Writes();
    Step step = call.Step(op);
    if (call.Count() > 1 || (op == Op::kAddEdge && call.Count() == 0)) {
        return call.Wrong("a label or a traversal that gives one");
    }
    if (call.Count() == 1) {
        GYRE_ASSIGN(step.label, call.Argument(call.At(0)));
    }
    return step;
}

Result<Step> Merge(const Call& call, Op op) {
    call.Writes();
    Step step = call.Step(op);
    if (call.Count() > 1) return call.Wrong("a map or a traversal that gives one");
    if (call.Count() == 0) return step;
    if (call.At(0).Is<Ptr<Bytecode>>()) {
        GYRE_ASSIGN(auto child, call.Child(call.At(0)));
        step.children.push_back(std::move(child));
        return step;
    }
    if (!call.At(0).Is<Ptr<Map>>() && !call.At(0).IsNull()) return call.Wrong("a map");
    Step constant = call.Step(Op::kConstant);
    constant.values = {call.At(0)};
    plan::Traversal only;
    only.steps.push_back(std::move(constant));
    step.children.push_back(std::make_shared<const plan::Traversal>(std::move(only)));
    return step;
}

/// property([cardinality,] key, value, meta…), property([cardinality,] map)
Result<Step> Property(const Call& call) {
    call.Writes();
    Step step = call.Step(Op::kAddProperty);
    std::span<const Value> rest = call.All();
    plan::Setting setting;
    if (!rest.empty() && rest[0].IsToken(TokenKind::kCardinality)) {
        setting.cardinality = static_cast<Cardinality>(rest[0].As<Token>().value);
        rest = rest.subspan(1);
    }
    if (rest.size() == 1 && rest[0].IsNull()) {  // of no property
        setting.key.value = Value(std::make_shared<Map>());
        step.settings.push_back(std::move(setting));
        return step;
    }
    if (rest.empty() || (rest.size() == 1 && !rest[0].Is<Ptr<Map>>()) ||
        (rest.size() > 1 && rest.size() % 2 != 0)) {
        return call.Wrong("a key and a value, or a map");
    }
    GYRE_ASSIGN(setting.key, call.Argument(rest[0]));
    if (rest.size() > 1) {
        GYRE_ASSIGN(setting.value, call.Argument(rest[1]));
    }
    for (size_t i = 2; i + 1 < rest.size(); i += 2) {
        GYRE_ASSIGN(plan::Argument meta, call.Argument(rest[i + 1]));
        setting.meta.emplace_back(rest[i], std::move(meta));
    }
    step.settings.push_back(std::move(setting));
    return step;
}

}  // namespace

void AddWriteBuilders(Builders& all) {
    all["io"] = [](const Call& call) -> Result<Step> {
        if (!call.Start() || call.Count() != 1 || !call.At(0).Is<std::string>()) {
            return call.Wrong("a file's name, at the beginning of a traversal");
        }
        Step step = call.Step(Op::kFile);
        step.texts = {call.At(0).As<std::string>()};
        return step;
    };
    all["addV"] = [](const Call& call) { return Add(call, Op::kAddVertex); };
    all["addE"] = [](const Call& call) { return Add(call, Op::kAddEdge); };
    all["mergeV"] = [](const Call& call) { return Merge(call, Op::kMergeVertex); };
    all["mergeE"] = [](const Call& call) { return Merge(call, Op::kMergeEdge); };
    all["property"] = Property;
    all["drop"] = [](const Call& call) -> Result<Step> {
        call.Writes();
        return call.Step(Op::kDrop);
    };
}

}  // namespace gyre::graph::gremlin::detail
