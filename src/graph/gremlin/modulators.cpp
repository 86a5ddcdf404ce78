#include <algorithm>
#include <optional>

#include "graph/gremlin/detail/builder.h"
#include "graph/gremlin/groovy.h"

namespace gyre::graph::gremlin::detail {
namespace {

using core::Result;
using core::Status;
using plan::Op;

Result<plan::By> ToBy(const Call& call) {
    plan::By by;
    std::span<const Value> rest = call.All();
    if (!rest.empty() && rest.back().IsToken(TokenKind::kOrder)) {
        by.order = static_cast<Order>(rest.back().As<Token>().value);
        rest = rest.first(rest.size() - 1);
    }
    if (!rest.empty() && rest.back().Is<Ptr<Lambda>>() &&
        (rest.size() > 1 || rest.back().As<Ptr<Lambda>>()->arguments == 2)) {
        GYRE_ASSIGN(plan::LambdaCode code, ReadLambda(*rest.back().As<Ptr<Lambda>>()));
        by.comparator = std::make_shared<const plan::LambdaCode>(std::move(code));
        rest = rest.first(rest.size() - 1);
    }
    if (rest.empty()) return by;
    const Value& what = rest[0];
    if (rest.size() > 1) return call.Wrong("a key, a token or a traversal, and an order");
    if (what.Is<std::string>()) {
        by.kind = plan::By::Kind::kKey;
        by.key = what.As<std::string>();
    } else if (what.IsToken(TokenKind::kT)) {
        by.kind = plan::By::Kind::kToken;
        by.token = static_cast<T>(what.As<Token>().value);
    } else if (what.IsToken(TokenKind::kColumn)) {
        by.kind = plan::By::Kind::kColumn;
        by.column = static_cast<Column>(what.As<Token>().value);
    } else if (what.Is<Ptr<Bytecode>>() || what.Is<Ptr<Lambda>>()) {
        by.kind = plan::By::Kind::kTraversal;
        GYRE_ASSIGN(by.traversal,
                    what.Is<Ptr<Lambda>>() ? call.OfLambda(what, false) : call.Child(what));
    } else if (!what.IsNull()) {
        return call.Wrong("a key, a token or a traversal, and not " + DisplayText(what));
    }
    return by;
}

Status AddEnd(const Call& call, plan::Step& step) {
    if (call.Count() != 1) return call.Wrong("one argument");
    const bool from = call.Name() == "from";
    if (step.op != Op::kAddEdge && step.op != Op::kPath && step.op != Op::kSimplePath &&
        step.op != Op::kCyclicPath) {
        return call.Wrong("a place after addE(), path(), simplePath() or cyclicPath()");
    }
    GYRE_ASSIGN(plan::Argument end, call.Argument(call.At(0)));
    if (step.op != Op::kAddEdge && !end.value.Is<std::string>()) return call.Wrong("a label");
    if (end.value.Is<std::string>()) call.NeedsPath();
    (from ? step.has_from : step.has_to) = true;
    (from ? step.from : step.to) = std::move(end);
    return {};
}

/// The map that a traversal gives whatever it is asked of; null for another.
const graph::Map* ConstantMap(const plan::TraversalPtr& traversal) {
    if (!traversal || traversal->steps.size() != 1) return nullptr;
    const plan::Step& step = traversal->steps[0];
    if (step.op != Op::kConstant || step.values.empty()) return nullptr;
    const auto* map = step.values[0].If<Ptr<graph::Map>>();
    return map != nullptr ? map->get() : nullptr;
}

/// What is known to contradict itself is refused, whether it comes to that or not.
Status CheckOption(const Call& call, const plan::Step& step, const plan::Option& option) {
    if (step.op == Op::kChoose && option.key.IsToken(TokenKind::kPick, Pick::kAny)) {
        return call.Refused(
            "Choose step can not have an any-option as only one option per traverser is allowed");
    }
    if (!call.TheRules().Is38()) {
        const bool again = std::ranges::any_of(step.options, [&](const plan::Option& one) {
            return option.key.IsToken(TokenKind::kPick) && SameValue(one.key, option.key);
        });
        if (step.op != Op::kChoose || !again) return {};
        return call.Refused("Choose step can only have one traversal per pick token: " +
                            DisplayText(option.key));
    }
    if (step.op == Op::kChoose && option.traversal_key) {
        return call.Refused("Traversal is not allowed as a Pick token for choose().option()");
    }
    const graph::Map* const given = step.children.empty() ? nullptr : ConstantMap(step.children[0]);
    const graph::Map* const create = ConstantMap(option.traversal);
    if (!option.key.IsToken(TokenKind::kMerge, Merge::kOnCreate) || !given || !create) return {};
    for (const auto& [key, value] : create->Items()) {
        const Value* const same = given->Find(key);
        if (same == nullptr || SameValue(*same, value)) continue;
        return call.Refused("option(onCreate) cannot override values from merge() argument: (" +
                            DisplayText(key) + ", " + DisplayText(value) + ")");
    }
    return {};
}

Status AddOption(const Call& call, plan::Step& step) {
    plan::Option option;
    const Value& last = call.At(call.Count() - 1);
    if (call.Count() == 2 && call.At(0).Is<Ptr<Bytecode>>()) {
        GYRE_ASSIGN(option.traversal_key, call.Child(call.At(0)));
    } else if (call.Count() == 2 || call.Count() == 3) {
        option.key = call.At(0);
    } else {
        option.key = Value(TokenKind::kPick, Pick::kAny);
    }
    const Value& what = call.Count() == 3 ? call.At(1) : last;
    if (what.Is<Ptr<Bytecode>>()) {
        GYRE_ASSIGN(option.traversal, call.Child(what));
    } else {  // a map of a merge
        plan::Traversal constant;
        plan::Step step_of_map;
        step_of_map.op = Op::kConstant;
        step_of_map.values = {what};
        constant.steps.push_back(std::move(step_of_map));
        option.traversal = std::make_shared<const plan::Traversal>(std::move(constant));
    }
    const bool merge = step.op == Op::kMergeVertex || step.op == Op::kMergeEdge;
    if (merge != option.key.IsToken(TokenKind::kMerge)) {
        return call.Wrong("a Merge after mergeV() and mergeE(), and other keys after choose()");
    }
    GYRE_TRY(CheckOption(call, step, option));
    step.options.push_back(std::move(option));
    return {};
}

/// Steps whose options a server may know, and passes over where it does not.
bool HasOwnOptions(const Call& call, Op op) {
    switch (op) {
        case Op::kVertices:
        case Op::kEdges:
        case Op::kToVertices:
        case Op::kToEdges:
        case Op::kValues:
        case Op::kProperties:
        case Op::kValueMap:
        case Op::kPropertyMap:
        case Op::kElementMap:
            return true;
        case Op::kAddVertex:
        case Op::kAddEdge:
        case Op::kAddProperty:
        case Op::kMergeVertex:
        case Op::kMergeEdge:
        case Op::kDrop:
            return call.TheRules().Is38();  // before, properties by another name
        default:
            return false;
    }
}

Status AddWith(const Call& call, plan::Step& step) {
    if (call.Count() == 0 || !call.At(0).Is<std::string>()) return call.Wrong("a key");
    const std::string& key = call.At(0).As<std::string>();
    if (key == "~tinkerpop.valueMap.tokens") {
        step.tokens = 15;
        if (call.Count() > 1) {
            GYRE_ASSIGN(const int64_t bits, call.Whole(call.At(1)));
            step.tokens = static_cast<uint32_t>(bits);
        }
        return {};
    }
    if (key == "~tinkerpop.index.indexer" && call.Count() > 1) {
        GYRE_ASSIGN(const int64_t indexer, call.Whole(call.At(1)));
        step.tokens = static_cast<uint32_t>(indexer);
        return {};
    }
    const bool named = step.op == Op::kFile || step.op == Op::kCall || step.op == Op::kRank ||
                       step.op == Op::kShortestPath;
    if (!named && HasOwnOptions(call, step.op) && !key.starts_with("Neptune#ml")) return {};
    if (!named) return call.Unimplemented("with(\"" + key + "\")");
    plan::Argument argument;
    argument.value = Value(true);
    if (call.Count() > 1) {
        GYRE_ASSIGN(argument, call.Argument(call.At(1)));
    }
    step.with.emplace_back(key, std::move(argument));
    return {};
}

Status RepeatModulator(const Call& call, std::vector<plan::Step>& steps, plan::Step& pending) {
    const bool after = !steps.empty() && steps.back().op == Op::kRepeat;
    plan::Step& repeat = after ? steps.back() : pending;
    // A second one begins another repeat(), which has nothing to repeat.
    const bool again =
        call.Name() == "emit" ? repeat.emit || repeat.emit_all : repeat.until || repeat.times;
    if (again) return call.Refused("The repeat()-traversal was not defined");
    if (call.Name() == "times") {
        if (call.Count() != 1) return call.Wrong("how often");
        GYRE_ASSIGN(repeat.times, call.Whole(call.At(0)));
        return {};
    }
    if (call.Name() == "emit" && call.Count() == 0) {
        repeat.emit_all = true;
        return {};
    }
    if (call.Count() != 1) return call.Wrong("a traversal or a predicate");
    plan::TraversalPtr condition;
    if (call.At(0).Is<Ptr<Predicate>>()) {
        plan::Step is = call.Step(Op::kIs);
        is.predicate = call.At(0).As<Ptr<Predicate>>();
        plan::Traversal only;
        only.steps.push_back(std::move(is));
        condition = std::make_shared<const plan::Traversal>(std::move(only));
    } else {
        GYRE_ASSIGN(condition, call.Pattern(call.At(0)));
    }
    (call.Name() == "until" ? repeat.until : repeat.emit) = condition;
    return {};
}

}  // namespace

namespace {

/// Of steps that look at a traverser in one way only; "" for others. Until 3.8 the last by()
/// counts, and those of valueMap() take turns.
std::string_view OneByName(const plan::Step& step) {
    switch (step.op) {
        case Op::kDedup:
            return "Dedup";
        case Op::kSample:
            return "Sample";
        case Op::kSack:
            return "Sack";
        case Op::kGroupCount:
            return "GroupCount";
        case Op::kAggregate:
            return "Aggregate";
        case Op::kValueMap:
        case Op::kPropertyMap:
            return "valueMap()/propertyMap()";
        default:
            return "";
    }
}

}  // namespace

core::Result<bool> ApplyModulator(const Call& call, std::vector<plan::Step>& steps,
                                  plan::Step& pending_repeat) {
    const std::string& name = call.Name();
    if (name == "until" || name == "emit" || name == "times") {
        GYRE_TRY(RepeatModulator(call, steps, pending_repeat));
        return true;
    }
    const bool modulator = name == "as" || name == "by" || name == "from" || name == "to" ||
                           name == "option" || name == "with" || name == "read" || name == "write";
    if (!modulator ||
        (name == "to" && call.Count() > 0 && call.At(0).IsToken(TokenKind::kDirection))) {
        return false;
    }
    if (name == "as") {
        GYRE_ASSIGN(const auto labels, call.Texts(call.All()));
        if (steps.empty()) steps.push_back(call.Step(Op::kIdentity));
        auto& as = steps.back().as;
        for (const std::string& label : labels) {
            if (std::ranges::find(as, label) == as.end()) as.push_back(label);
        }
        return true;
    }
    if (steps.empty()) return call.Wrong("a step before it");
    plan::Step& step = steps.back();
    if (name == "by") {
        GYRE_ASSIGN(plan::By by, ToBy(call));
        const std::string_view only = step.by.empty() ? "" : OneByName(step);
        if (!only.empty() && call.TheRules().Is38()) {
            return call.Refused(std::string(only) + " step can only have one by modulator");
        }
        if (!only.empty() && step.op != Op::kValueMap && step.op != Op::kPropertyMap) {
            step.by.clear();
        }
        step.by.push_back(std::move(by));
    } else if (name == "from" || name == "to") {
        GYRE_TRY(AddEnd(call, step));
    } else if (name == "option") {
        if (call.Count() == 0) return call.Wrong("a traversal");
        GYRE_TRY(AddOption(call, step));
    } else if (name == "with") {
        GYRE_TRY(AddWith(call, step));
    } else if (step.op == Op::kFile && call.Count() == 0) {
        const bool reads = name == "read";
        if (reads)
            call.Writes();
        else
            call.WritesFile();
        step.low = reads ? 1 : 2;
    } else {
        return call.Wrong("a place after io(), and no arguments");
    }
    return true;
}

}  // namespace gyre::graph::gremlin::detail
