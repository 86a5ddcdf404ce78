#include <set>
#include <string>

#include "graph/gremlin/detail/builder.h"

namespace gyre::graph::gremlin::detail {
namespace {

using core::Result;
using plan::Op;
using plan::Step;

Result<Step> Keys(const Call& call, Op op) {
    Step step = call.Step(op);
    std::span<const Value> rest = call.All();
    if (op == Op::kValueMap && !rest.empty() && rest[0].Is<bool>()) {
        if (rest[0].As<bool>()) step.tokens = 15;
        rest = rest.subspan(1);
    }
    GYRE_ASSIGN(step.texts, call.Texts(rest));
    return step;
}

Result<Step> Bare(const Call& call, Op op) {
    if (call.Count() != 0) return call.Wrong("no argument");
    return call.Step(op);
}

Result<Step> OneChild(const Call& call, Op op) {
    if (call.Count() != 1) return call.Wrong("a traversal");
    Step step = call.Step(op);
    GYRE_ASSIGN(auto child, call.Child(call.At(0)));
    step.children.push_back(std::move(child));
    return step;
}

Result<Step> Select(const Call& call) {
    std::span<const Value> rest = call.All();
    Step step = call.Step(Op::kSelect);
    call.NeedsPath();
    if (!rest.empty() && rest[0].IsToken(TokenKind::kPop)) {
        step.pop = static_cast<Pop>(rest[0].As<Token>().value);
        rest = rest.subspan(1);
    }
    if (rest.empty()) return call.Wrong("names, keys, values or a traversal");
    if (rest[0].IsToken(TokenKind::kColumn)) {
        step.op = Op::kSelectColumn;
        step.column = static_cast<Column>(rest[0].As<Token>().value);
    } else if (rest[0].Is<Ptr<Bytecode>>()) {
        step.op = Op::kSelectKey;
        GYRE_ASSIGN(auto child, call.Child(rest[0]));
        step.children.push_back(std::move(child));
    } else {
        GYRE_ASSIGN(step.texts, call.Texts(rest));
    }
    return step;
}

Result<Step> Sack(const Call& call) {
    Step step = call.Step(Op::kSack);
    if (call.Count() == 0) return step;
    if (!call.At(0).IsToken(TokenKind::kOperator)) return call.Wrong("an Operator");
    step.reduce = static_cast<Operator>(call.At(0).As<Token>().value);
    return step;
}

}  // namespace

void AddMapBuilders(Builders& all) {
    all["values"] = [](const Call& call) { return Keys(call, Op::kValues); };
    all["properties"] = [](const Call& call) { return Keys(call, Op::kProperties); };
    all["valueMap"] = [](const Call& call) { return Keys(call, Op::kValueMap); };
    all["propertyMap"] = [](const Call& call) { return Keys(call, Op::kPropertyMap); };
    all["elementMap"] = [](const Call& call) { return Keys(call, Op::kElementMap); };
    all["id"] = [](const Call& call) { return Bare(call, Op::kId); };
    all["label"] = [](const Call& call) { return Bare(call, Op::kLabel); };
    all["key"] = [](const Call& call) { return Bare(call, Op::kKey); };
    all["value"] = [](const Call& call) { return Bare(call, Op::kPropertyValue); };
    all["element"] = [](const Call& call) { return Bare(call, Op::kElement); };
    all["identity"] = [](const Call& call) { return Bare(call, Op::kIdentity); };
    all["unfold"] = [](const Call& call) { return Bare(call, Op::kUnfold); };
    all["index"] = [](const Call& call) { return Bare(call, Op::kIndex); };
    all["path"] = [](const Call& call) {
        call.NeedsPath();
        return Bare(call, Op::kPath);
    };
    all["constant"] = [](const Call& call) -> Result<Step> {
        if (call.Count() != 1) return call.Wrong("one value");
        Step step = call.Step(Op::kConstant);
        step.values = {call.At(0)};
        return step;
    };
    all["loops"] = [](const Call& call) -> Result<Step> {
        Step step = call.Step(Op::kLoops);
        GYRE_ASSIGN(step.texts, call.Texts(call.All()));
        return step;
    };
    all["select"] = Select;
    all["project"] = [](const Call& call) -> Result<Step> {
        Step step = call.Step(Op::kProject);
        GYRE_ASSIGN(step.texts, call.Texts(call.All()));
        if (step.texts.empty()) return call.Wrong("at least one name");
        if (std::set<std::string>(step.texts.begin(), step.texts.end()).size() <
            step.texts.size()) {
            return call.Refused("keys must be unique in ProjectStep");
        }
        return step;
    };
    all["map"] = [](const Call& call) { return OneChild(call, Op::kMap); };
    all["flatMap"] = [](const Call& call) { return OneChild(call, Op::kFlatMap); };
    all["math"] = [](const Call& call) -> Result<Step> {
        if (call.Count() != 1 || !call.At(0).Is<std::string>()) return call.Wrong("an expression");
        Step step = call.Step(Op::kMath);
        step.texts = {call.At(0).As<std::string>()};
        call.NeedsPath();
        return step;
    };
    all["sack"] = Sack;
}

}  // namespace gyre::graph::gremlin::detail
