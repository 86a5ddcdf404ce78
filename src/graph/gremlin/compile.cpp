#include "graph/gremlin/compile.h"

#include <algorithm>
#include <set>

#include "core/digest.h"
#include "graph/gremlin/detail/builder.h"
#include "graph/plan/describe.h"
#include "graph/plan/id_key.h"
#include "graph/plan/optimise.h"
#include "graph/plan/walk.h"

namespace gyre::graph::gremlin {
namespace detail {
namespace {

using core::Code;

constexpr int kMaxDepth = 100;
/// Of a query with its children: each stage pulls from the one before it, on one stack.
constexpr size_t kMaxSteps = 2000;

const Builders& AllBuilders() {
    static const Builders builders = [] {
        Builders all;
        AddHopBuilders(all);
        AddFilterBuilders(all);
        AddMapBuilders(all);
        AddReduceBuilders(all);
        AddBranchBuilders(all);
        AddWriteBuilders(all);
        AddFunctionBuilders(all);
        AddProgramBuilders(all);
        return all;
    }();
    return builders;
}

/// Steps of Gremlin's grammar that are not built.
constexpr std::string_view kMissing[] = {"program", "read",     "write",     "explain",
                                         "labels",  "addLabel", "dropLabel", "dropLabels"};

core::Error At(const Instruction& instruction, Code code, std::string name, std::string message) {
    return core::Error(code, std::move(name), std::move(message))
        .With("at", std::to_string(instruction.at));
}

bool IsInfix(const Instruction& call, std::string_view name) {
    return call.name == name && call.arguments.empty();
}

/// Whether the value is an element that a client sent, or has one. Those in traversals are seen
/// when these are compiled.
bool HasSent(const Value& value) {
    const auto any = [](const Values& values) { return std::ranges::any_of(values, HasSent); };
    if (value.Is<Ptr<ElementReference>>()) return true;
    if (const auto* list = value.If<Ptr<List>>()) return any((*list)->items);
    if (const auto* set = value.If<Ptr<Set>>()) return any((*set)->items);
    if (const auto* map = value.If<Ptr<Map>>()) {
        return std::ranges::any_of((*map)->Items(), [](const Map::Item& item) {
            return HasSent(item.first) || HasSent(item.second);
        });
    }
    if (const auto* predicate = value.If<Ptr<Predicate>>()) {
        return any((*predicate)->values) ||
               std::ranges::any_of((*predicate)->children,
                                   [](const auto& child) { return HasSent(Value(child)); });
    }
    return false;
}

}  // namespace

core::Result<plan::Query> Compiler::Whole(const Bytecode& bytecode) {
    GYRE_TRY(Sources(bytecode));
    GYRE_ASSIGN(plan::Traversal root, Traversal(bytecode.steps, true));
    if (root.steps.empty()) {
        return core::Fail(Code::kInvalidArgument, "MalformedQueryException",
                          "expected a step after the traversal source, such as V()");
    }
    if (query.writes && read_only_) {
        return core::Fail(Code::kPermissionDenied, "ReadOnlyViolationException",
                          "The provided traversal has a mutating step and thus is not read only");
    }
    GYRE_TRY(Verify(root));
    if (explanation != nullptr) explanation->original = plan::TraversalText(root);
    if (!id_key_.empty()) {
        plan::UseIdKey(root, id_key_, [] { return core::RandomUuid(); });
        Note("ElementIdStrategy", root);
    }
    for (const plan::Restriction& restriction : restrictions_) {
        plan::Restrict(root, restriction);
        Note(restriction.partition_key ? "PartitionStrategy" : "SubgraphStrategy", root);
    }
    if (graph_filter_.vertices || graph_filter_.edges) {
        plan::FilterGraph(root, graph_filter_);
        Note("VertexProgramStrategy", root);
    }
    ForgetCountedSelect(root);
    plan::Optimise(root, query.needs_path || query.one_bulk);
    Note("Optimise", root);
    query.root = std::make_shared<const plan::Traversal>(std::move(root));
    return std::move(query);
}

/// V().….as("a").….as("b").select("a", "b").count(): each traverser that comes there has been at
/// both, so that it is counted whatever is selected; and where nobody else asks where it has been,
/// traversers that meet are one from then on.
void Compiler::ForgetCountedSelect(plan::Traversal& root) {
    using plan::Op;
    std::vector<plan::Step>& steps = root.steps;
    size_t at = 0;  // of the select
    std::set<std::string> labels;
    for (; at < steps.size() && steps[at].op != Op::kSelect; ++at) {
        const Op op = steps[at].op;
        const bool walks = op == Op::kVertices || op == Op::kEdges || op == Op::kToVertices ||
                           op == Op::kToEdges || op == Op::kEdgeVertex || op == Op::kOtherVertex ||
                           op == Op::kHas || op == Op::kRepeat;
        if (!walks) return;
        labels.insert(steps[at].as.begin(), steps[at].as.end());
    }
    if (at + 1 >= steps.size() || path_wishes_ != 1) return;
    const plan::Step& select = steps[at];
    const plan::Step& count = steps[at + 1];
    const bool counted = count.op == Op::kCount && count.scope == Scope::kGlobal;
    const bool all = std::ranges::all_of(
        select.texts, [&](const std::string& name) { return labels.contains(name); });
    if (!counted || !all || !select.by.empty() || !select.as.empty()) return;
    steps.erase(steps.begin() + static_cast<ptrdiff_t>(at));
    for (plan::Step& step : steps) step.as.clear();
    query.needs_path = false;
    Note("CountedSelect", root);
}

void Compiler::Note(const char* rule, const plan::Traversal& root) {
    if (explanation != nullptr) explanation->rules.emplace_back(rule, plan::TraversalText(root));
}

void Compiler::NoteSent(const Instruction& call) {
    query.sent_elements = query.sent_elements || std::ranges::any_of(call.arguments, HasSent);
}

core::Status Compiler::Sources(const Bytecode& bytecode) {
    for (const Instruction& call : bytecode.sources) {
        const Values& arguments = call.arguments;
        NoteSent(call);
        const auto text = [&](size_t i) {
            return i < arguments.size() && arguments[i].Is<std::string>();
        };
        const bool effect = call.name == "withSideEffect" && arguments.size() >= 2 && text(0);
        if (effect && arguments[0].As<std::string>().starts_with("Neptune#")) {  // a query hint
            query.options.emplace_back(arguments[0].As<std::string>(), arguments[1]);
        } else if (effect) {
            std::optional<Operator> reduce;
            if (arguments.size() > 2 && arguments[2].IsToken(TokenKind::kOperator)) {
                reduce = static_cast<Operator>(arguments[2].As<Token>().value);
            }
            query.side_effects.push_back({arguments[0].As<std::string>(), {arguments[1], reduce}});
        } else if (call.name == "withSack" && !arguments.empty()) {
            query.sack = arguments[0];
            if (arguments.size() > 1 && arguments[1].IsToken(TokenKind::kOperator)) {
                query.sack_merge = static_cast<Operator>(arguments[1].As<Token>().value);
            }
        } else if (call.name == "with" && text(0)) {
            WithOption(arguments[0].As<std::string>(),
                       arguments.size() > 1 ? arguments[1] : Value(true));
        } else if (call.name == "withComputer") {
            const Value computer(std::make_shared<Strategy>(Strategy{"VertexProgramStrategy", {}}));
            WithStrategies({&computer, 1});
        } else if (call.name == "withPath") {
            with_path_ = true;
        } else if (call.name == "withStrategies") {
            WithStrategies(arguments);
        } else if (call.name == "withBulk") {
            query.one_bulk =
                !arguments.empty() && arguments[0].Is<bool>() && !arguments[0].As<bool>();
        } else if (call.name == "withoutStrategies") {
            for (const Value& argument : arguments) WithoutStrategy(argument);
        } else {
            return core::Fail(At(call, Code::kUnimplemented, "UnsupportedOperationException",
                                 call.name + "() on the source is not implemented"));
        }
    }
    return ApplyStrategies();
}

core::Result<plan::Traversal> Compiler::Traversal(std::span<const Instruction> calls, bool root) {
    if (++depth_ > kMaxDepth) {
        return core::Fail(Code::kInvalidArgument, "MalformedQueryException",
                          "the traversal is nested too deeply");
    }
    steps_ += calls.size();
    if (steps_ > kMaxSteps) {
        return core::Fail(Code::kInvalidArgument, "QueryTooLargeException",
                          "the query has more than " + std::to_string(kMaxSteps) + " steps");
    }
    plan::Traversal traversal;
    GYRE_ASSIGN(const bool infix, Infix(calls, root, traversal));
    plan::Step pending;  // until(), emit(), times() before repeat()
    pending.op = plan::Op::kRepeat;
    for (size_t i = 0; !infix && i < calls.size(); ++i) {
        NoteSent(calls[i]);
        const Call call(*this, calls[i], root && traversal.steps.empty());
        GYRE_ASSIGN(const bool modulated, ApplyModulator(call, traversal.steps, pending));
        if (modulated) continue;
        const auto found = AllBuilders().find(calls[i].name);
        if (found == AllBuilders().end()) {
            const bool missing = std::ranges::find(kMissing, calls[i].name) != std::end(kMissing);
            if (missing) return call.Unimplemented("the step " + calls[i].name + "()");
            return core::Fail(At(calls[i], Code::kInvalidArgument, "MalformedQueryException",
                                 "expected a step: there is none named " + calls[i].name));
        }
        GYRE_ASSIGN(plan::Step step, found->second(call));
        // As the reference, which begins anew where nothing was done before it.
        const bool alone =
            root && std::ranges::all_of(traversal.steps, [](const plan::Step& one) {
                return one.op == plan::Op::kRank ||
                       (one.op == plan::Op::kVertices && one.start && one.values.empty());
            });
        if (step.op == plan::Op::kRank && alone) step.low = 1;
        // What a child begins on is there before what its first step injects.
        const bool first = !root && traversal.steps.empty();
        if (first && step.op == plan::Op::kInject) step.texts = {"after"};
        if (step.op == plan::Op::kRepeat) {
            step.until = pending.until;
            step.emit = pending.emit;
            step.emit_all = pending.emit_all;
            step.times = pending.times;
            step.until_first = pending.until || pending.times;
            step.emit_first = pending.emit || pending.emit_all;
            pending = plan::Step();
            pending.op = plan::Op::kRepeat;
        }
        // What follows addV() and addE() belongs to them: an id can be given no later.
        if (step.op == plan::Op::kAddProperty && !traversal.steps.empty() &&
            (traversal.steps.back().op == plan::Op::kAddVertex ||
             traversal.steps.back().op == plan::Op::kAddEdge)) {
            auto& settings = traversal.steps.back().settings;
            settings.push_back(std::move(step.settings[0]));
            continue;
        }
        traversal.steps.push_back(std::move(step));
    }
    if (pending.until || pending.emit || pending.emit_all || pending.times) {
        return core::Fail(Code::kInvalidArgument, "MalformedQueryException",
                          "The repeat()-traversal was not defined");
    }
    --depth_;
    return traversal;
}

// "a.and().b" is and(a, b); or() binds less. On a source, what begins the traversal stays outside.
core::Result<bool> Compiler::Infix(std::span<const Instruction> calls, bool root,
                                   plan::Traversal& traversal) {
    if (!infix_) return false;
    for (const auto& [name, op] :
         {std::pair{"or", plan::Op::kOr}, std::pair{"and", plan::Op::kAnd}}) {
        const auto is_infix = [&](const Instruction& call) { return IsInfix(call, name); };
        if (std::ranges::none_of(calls, is_infix)) continue;
        size_t begin = 0;
        if (root && !calls.empty()) {
            GYRE_ASSIGN(traversal, Traversal(calls.first(1), true));
            begin = 1;
        }
        plan::Step step;
        step.op = op;
        for (size_t i = begin; i <= calls.size(); ++i) {
            if (i < calls.size() && !is_infix(calls[i])) continue;
            const auto side = calls.subspan(begin, i - begin);
            if (root) {
                GYRE_ASSIGN(plan::Traversal child, Traversal(side, false));
                step.children.push_back(std::make_shared<const plan::Traversal>(std::move(child)));
            } else {
                Bytecode pattern;
                pattern.steps.assign(side.begin(), side.end());
                GYRE_ASSIGN(auto child, Pattern(pattern));
                step.children.push_back(std::move(child));
            }
            begin = i + 1;
        }
        traversal.steps.push_back(std::move(step));
        return true;
    }
    return false;
}

core::Result<plan::TraversalPtr> Compiler::Pattern(const Bytecode& bytecode) {
    std::span<const Instruction> calls = bytecode.steps;
    std::vector<std::string> begin, end;
    const auto take = [](const Instruction& call, std::vector<std::string>& names) {
        for (const Value& name : call.arguments) names.push_back(DisplayText(name));
    };
    if (!calls.empty() && calls.front().name == "as") {
        take(calls.front(), begin);
        calls = calls.subspan(1);
    }
    if (!calls.empty() && calls.back().name == "as") {
        take(calls.back(), end);
        calls = calls.first(calls.size() - 1);
    }
    GYRE_ASSIGN(plan::Traversal body, Traversal(calls, false));
    if (!end.empty() && std::ranges::any_of(body.steps, plan::Reduces)) {
        // A reduction has no past, and the names at its end are asked of it: computed for each.
        plan::Step each;
        each.op = plan::Op::kFlatMap;
        each.children = {std::make_shared<const plan::Traversal>(std::move(body))};
        body = plan::Traversal();
        body.steps.push_back(std::move(each));
    }
    if (!begin.empty()) {
        plan::Step select;
        select.op = plan::Op::kSelect;
        select.texts = {begin.front()};
        body.steps.insert(body.steps.begin(), std::move(select));
        NeedPath();
    }
    for (const std::string& name : end) {
        plan::Step where;
        where.op = plan::Op::kWherePredicate;
        where.predicate = EqualTo(Value(name));
        body.steps.push_back(std::move(where));
        NeedPath();
    }
    return std::make_shared<const plan::Traversal>(std::move(body));
}

}  // namespace detail

core::Result<plan::Query> Compile(const Bytecode& bytecode, const Rules& rules) {
    detail::Compiler compiler;
    compiler.query.rules = rules;
    return compiler.Whole(bytecode);
}

core::Result<Explanation> Explain(const Bytecode& bytecode, const Rules& rules) {
    Explanation explanation;
    detail::Compiler compiler;
    compiler.query.rules = rules;
    compiler.explanation = &explanation;
    GYRE_TRY(compiler.Whole(bytecode));
    return explanation;
}

std::string ExplanationText(const Explanation& explanation) {
    size_t width = std::string_view("Original Traversal").size();
    for (const auto& [rule, left] : explanation.rules) width = std::max(width, rule.size());
    const auto line = [&](const std::string& name, const std::string& text) {
        return name + std::string(width + 2 - name.size(), ' ') + text + "\n";
    };
    std::string text = "Traversal Explanation\n" + std::string(width + 40, '=') + "\n" +
                       line("Original Traversal", explanation.original) + "\n";
    for (const auto& [rule, left] : explanation.rules) text += line(rule, left);
    return text + "\n" + line("Final Traversal", explanation.Final());
}

}  // namespace gyre::graph::gremlin
