#include "graph/plan/describe.h"

#include <string_view>

namespace gyre::graph::plan {
namespace {

std::string_view NameOf(const Step& step) {
    switch (step.op) {
        case Op::kVertices:
        case Op::kEdges:
            return "GraphStep";
        case Op::kInject:
            return "InjectStep";
        case Op::kToVertices:
        case Op::kToEdges:
            return "VertexStep";
        case Op::kEdgeVertex:
            return "EdgeVertexStep";
        case Op::kOtherVertex:
            return "EdgeOtherVertexStep";
        case Op::kValues:
        case Op::kProperties:
            return "PropertiesStep";
        case Op::kValueMap:
        case Op::kPropertyMap:
            return "PropertyMapStep";
        case Op::kElementMap:
            return "ElementMapStep";
        case Op::kId:
            return "IdStep";
        case Op::kLabel:
            return "LabelStep";
        case Op::kKey:
            return "PropertyKeyStep";
        case Op::kPropertyValue:
            return "PropertyValueStep";
        case Op::kElement:
            return "ElementStep";
        case Op::kHas:
            return "HasStep";
        case Op::kHasNot:
            return "NotStep";
        case Op::kIs:
            return "IsStep";
        case Op::kWherePredicate:
            return "WherePredicateStep";
        case Op::kFilter:
            return "TraversalFilterStep";
        case Op::kNot:
            return "NotStep";
        case Op::kAnd:
            return "AndStep";
        case Op::kOr:
            return "OrStep";
        case Op::kRange:
            return step.scope == Scope::kLocal ? "RangeLocalStep" : "RangeGlobalStep";
        case Op::kTail:
            return step.scope == Scope::kLocal ? "TailLocalStep" : "TailGlobalStep";
        case Op::kDedup:
            return step.scope == Scope::kLocal ? "DedupLocalStep" : "DedupGlobalStep";
        case Op::kCoin:
            return "CoinStep";
        case Op::kSample:
            return step.scope == Scope::kLocal ? "SampleLocalStep" : "SampleGlobalStep";
        case Op::kSimplePath:
        case Op::kCyclicPath:
            return "PathFilterStep";
        case Op::kTimeLimit:
            return "TimeLimitStep";
        case Op::kDiscard:
            return "DiscardStep";
        case Op::kEach:
            return step.texts[0] == "all"   ? "AllStep"
                   : step.texts[0] == "any" ? "AnyStep"
                                            : "NoneStep";
        case Op::kConstant:
            return "ConstantStep";
        case Op::kIdentity:
            return "IdentityStep";
        case Op::kLoops:
            return "LoopsStep";
        case Op::kIndex:
            return "IndexStep";
        case Op::kPath:
            return "PathStep";
        case Op::kSelect:
            return step.texts.size() == 1 ? "SelectOneStep" : "SelectStep";
        case Op::kSelectColumn:
            return "TraversalMapStep";
        case Op::kSelectKey:
            return "TraversalSelectStep";
        case Op::kProject:
            return "ProjectStep";
        case Op::kMap:
            return "TraversalMapStep";
        case Op::kFlatMap:
            return "TraversalFlatMapStep";
        case Op::kLambda:
            return "LambdaMapStep";
        case Op::kLocal:
            return "LocalStep";
        case Op::kUnfold:
            return "UnfoldStep";
        case Op::kMath:
            return "MathStep";
        case Op::kSack:
            return step.reduce ? "SackValueStep" : "SackStep";
        case Op::kFunction:
            return "FunctionStep";
        case Op::kFold:
            return "FoldStep";
        case Op::kCount:
            return step.scope == Scope::kLocal ? "CountLocalStep" : "CountGlobalStep";
        case Op::kSum:
            return step.scope == Scope::kLocal ? "SumLocalStep" : "SumGlobalStep";
        case Op::kMin:
            return step.scope == Scope::kLocal ? "MinLocalStep" : "MinGlobalStep";
        case Op::kMax:
            return step.scope == Scope::kLocal ? "MaxLocalStep" : "MaxGlobalStep";
        case Op::kMean:
            return step.scope == Scope::kLocal ? "MeanLocalStep" : "MeanGlobalStep";
        case Op::kGroup:
            return step.texts.empty() ? "GroupStep" : "GroupSideEffectStep";
        case Op::kGroupCount:
            return step.texts.empty() ? "GroupCountStep" : "GroupCountSideEffectStep";
        case Op::kTree:
            return step.texts.empty() ? "TreeStep" : "TreeSideEffectStep";
        case Op::kOrder:
            return step.scope == Scope::kLocal ? "OrderLocalStep" : "OrderGlobalStep";
        case Op::kUnion:
            return "UnionStep";
        case Op::kCoalesce:
            return "CoalesceStep";
        case Op::kChoose:
            return "ChooseStep";
        case Op::kBranch:
            return "BranchStep";
        case Op::kOptional:
            return "OptionalStep";
        case Op::kRepeat:
            return "RepeatStep";
        case Op::kMatch:
            return "MatchStep";
        case Op::kSideEffect:
            return "TraversalSideEffectStep";
        case Op::kAggregate:
            return step.scope == Scope::kLocal ? "AggregateLocalStep" : "AggregateGlobalStep";
        case Op::kSubgraph:
            return "SubgraphStep";
        case Op::kProfile:
            return "ProfileStep";
        case Op::kCap:
            return "SideEffectCapStep";
        case Op::kBarrier:
            return "NoOpBarrierStep";
        case Op::kFail:
            return "FailStep";
        case Op::kCall:
            return "CallStep";
        case Op::kRank:
            return step.texts[0] == "pageRank"       ? "PageRankVertexProgramStep"
                   : step.texts[0] == "peerPressure" ? "PeerPressureVertexProgramStep"
                                                     : "ConnectedComponentVertexProgramStep";
        case Op::kShortestPath:
            return "ShortestPathVertexProgramStep";
        case Op::kAddVertex:
            return step.start ? "AddVertexStartStep" : "AddVertexStep";
        case Op::kAddEdge:
            return step.start ? "AddEdgeStartStep" : "AddEdgeStep";
        case Op::kAddProperty:
            return "AddPropertyStep";
        case Op::kMergeVertex:
            return "MergeVertexStep";
        case Op::kMergeEdge:
            return "MergeEdgeStep";
        case Op::kFile:
            return "IoStep";
        case Op::kDrop:
            return "DropStep";
        case Op::kCountElements:
            return "CountFromStatisticsStep";
        case Op::kSumDegrees:
            return "SumDegreesStep";
        case Op::kTimesDegree:
            return "TimesDegreeStep";
    }
    return "Step";
}

bool HasSide(Op op) {
    return op == Op::kToVertices || op == Op::kToEdges || op == Op::kEdgeVertex ||
           op == Op::kSumDegrees || op == Op::kTimesDegree;
}

/// "vertex" or "edge": what a step gives, where it could be either.
std::string_view GivesOf(Op op) {
    switch (op) {
        case Op::kVertices:
        case Op::kToVertices:
            return "vertex";
        case Op::kEdges:
        case Op::kToEdges:
            return "edge";
        case Op::kValues:
        case Op::kValueMap:
            return "value";
        case Op::kProperties:
        case Op::kPropertyMap:
            return "property";
        default:
            return "";
    }
}

std::string ListText(const Values& values) {
    std::string text = "[";
    for (size_t i = 0; i < values.size(); ++i) {
        if (i > 0) text += ", ";
        text += DisplayText(values[i]);
    }
    return text + "]";
}

std::string PredicateText(const Predicate& predicate) {
    std::string text(predicate.Name());
    text += predicate.values.size() == 1 ? "(" + DisplayText(predicate.values[0]) + ")"
                                         : "(" + ListText(predicate.values) + ")";
    return text;
}

std::string TestsText(const std::vector<Test>& tests) {
    std::string text = "[";
    for (const Test& test : tests) {
        if (text.size() > 1) text += ", ";
        text += test.token ? "~" + DisplayText(Value(TokenKind::kT, *test.token)) : test.key;
        if (test.predicate) text += "." + PredicateText(*test.predicate);
        if (test.traversal) text += "." + TraversalText(*test.traversal);
    }
    return text + "]";
}

}  // namespace

std::string StepText(const Step& step) {
    std::string inside;
    const auto add = [&](const std::string& part) {
        if (part.empty()) return;
        if (!inside.empty()) inside += ',';
        inside += part;
    };
    const bool source = step.op == Op::kVertices || step.op == Op::kEdges;
    if (source) add(std::string(GivesOf(step.op)));
    if (HasSide(step.op)) add(DisplayText(Value(TokenKind::kDirection, step.side)));
    if (source || !step.values.empty()) add(ListText(step.values));
    if (!step.texts.empty()) add(ListText(Values(step.texts.begin(), step.texts.end())));
    if (!step.tests.empty()) add(TestsText(step.tests));
    if (step.predicate) add(PredicateText(*step.predicate));
    if (step.op == Op::kRange) {
        add(std::to_string(step.low));
        add(std::to_string(step.high));
    } else if ((step.op == Op::kTail || step.op == Op::kBarrier || step.op == Op::kSample) &&
               step.high >= 0) {
        add(std::to_string(step.high));
    }
    if (!source) add(std::string(GivesOf(step.op)));
    for (const auto& child : step.children) {
        if (child) add(TraversalText(*child));
    }
    for (const Option& option : step.options) {
        if (option.traversal) add(TraversalText(*option.traversal));
    }
    if (step.until) add("until(" + TraversalText(*step.until) + ")");
    if (step.times) add("times(" + std::to_string(*step.times) + ")");
    if (step.emit_all || step.emit) {
        add(step.emit ? "emit(" + TraversalText(*step.emit) + ")" : "emit(true)");
    }
    for (const By& by : step.by) {
        if (by.kind == By::Kind::kKey) add("value(" + by.key + ")");
        if (by.kind == By::Kind::kTraversal) add(TraversalText(*by.traversal));
        if (by.kind == By::Kind::kToken) add(DisplayText(Value(TokenKind::kT, by.token)));
    }
    std::string text(NameOf(step));
    if (!inside.empty()) text += "(" + inside + ")";
    if (!step.as.empty()) text += "@" + ListText(Values(step.as.begin(), step.as.end()));
    return text;
}

std::string TraversalText(const Traversal& traversal) {
    std::string text = "[";
    for (const Step& step : traversal.steps) {
        if (text.size() > 1) text += ", ";
        text += StepText(step);
    }
    return text + "]";
}

}  // namespace gyre::graph::plan
