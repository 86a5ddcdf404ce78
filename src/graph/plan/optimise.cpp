#include "graph/plan/optimise.h"

#include <algorithm>

namespace gyre::graph::plan {
namespace {

constexpr int64_t kBarrierSize = 2500;  // as many as TinkerPop's LazyBarrierStrategy gathers

TraversalPtr Optimised(const TraversalPtr& child, bool paths) {
    if (!child) return child;
    Traversal copy = *child;
    Optimise(copy, paths);
    return std::make_shared<const Traversal>(std::move(copy));
}

void OptimiseChildren(Step& step, bool paths) {
    for (auto& child : step.children) child = Optimised(child, paths);
    for (By& by : step.by) by.traversal = Optimised(by.traversal, paths);
    for (Test& test : step.tests) test.traversal = Optimised(test.traversal, paths);
    for (Option& option : step.options) {
        option.traversal = Optimised(option.traversal, paths);
        option.traversal_key = Optimised(option.traversal_key, paths);
    }
    for (auto& option : step.with)
        option.second.traversal = Optimised(option.second.traversal, paths);
    step.until = Optimised(step.until, paths);
    step.emit = Optimised(step.emit, paths);
}

/// V().has(…): the source tests what it gives; hasId() names the ids.
void FoldTests(std::vector<Step>& steps) {
    for (size_t i = 1; i < steps.size();) {
        Step& source = steps[i - 1];
        Step& has = steps[i];
        const bool foldable =
            (source.op == Op::kVertices || source.op == Op::kEdges) && has.op == Op::kHas &&
            std::ranges::none_of(has.tests,
                                 [](const Test& test) { return test.traversal != nullptr; });
        if (!foldable) {
            ++i;
            continue;
        }
        for (Test& test : has.tests) {
            const bool ids = test.token == T::kId && source.values.empty() && test.predicate &&
                             (test.predicate->op == Predicate::Op::kEq ||
                              test.predicate->op == Predicate::Op::kWithin) &&
                             !test.predicate->values.empty();
            if (ids)
                source.values = test.predicate->values;
            else
                source.tests.push_back(std::move(test));
        }
        source.as.insert(source.as.end(), has.as.begin(), has.as.end());
        steps.erase(steps.begin() + static_cast<ptrdiff_t>(i));
    }
}

/// The label that is all a source is asked for; false where more is.
bool OnlyLabel(const Step& source, std::vector<std::string>& label) {
    if (!source.values.empty() || source.tests.size() > 1) return false;
    if (source.tests.empty()) return true;
    const Test& test = source.tests[0];
    const bool one = test.token == T::kLabel && test.predicate &&
                     (test.predicate->op == Predicate::Op::kEq ||
                      test.predicate->op == Predicate::Op::kWithin) &&
                     test.predicate->values.size() == 1 &&
                     test.predicate->values[0].Is<std::string>();
    if (!one || test.predicate->values[0].As<std::string>().find("::") != std::string::npos) {
        return false;
    }
    label = {test.predicate->values[0].As<std::string>()};
    return true;
}

void CountFromStatistics(std::vector<Step>& steps) {
    for (size_t i = 1; i < steps.size(); ++i) {
        Step& count = steps[i];
        if (count.op != Op::kCount || count.scope != Scope::kGlobal) continue;
        Step& before = steps[i - 1];
        const bool hop = before.op == Op::kToVertices || before.op == Op::kToEdges;
        if (hop) {
            count.op = Op::kSumDegrees;
            count.side = before.side;
            count.texts = before.texts;
            std::ranges::sort(count.texts);
            const bool repeated = std::ranges::adjacent_find(count.texts) != count.texts.end();
            if (repeated) {  // out("a", "a") gives each edge once or twice: let it be walked
                count.op = Op::kCount;
                count.texts.clear();
                continue;
            }
        } else if (i == 1 && before.start &&
                   (before.op == Op::kVertices || before.op == Op::kEdges)) {
            std::vector<std::string> label;
            if (!OnlyLabel(before, label)) continue;
            count.op = Op::kCountElements;
            count.texts = label;
            count.side = before.op == Op::kEdges ? Direction::kBoth : Direction::kOut;
        } else {
            continue;
        }
        steps.erase(steps.begin() + static_cast<ptrdiff_t>(i - 1));
        --i;
    }
}

/// V().out().….count(): the first hop comes to each vertex as often as edges enter it, which the
/// store knows. Traversers come in another order then, which nobody sees where they are counted.
void BeginAtEnds(std::vector<Step>& steps) {
    if (steps.size() < 3) return;
    const Step& source = steps[0];
    Step& hop = steps[1];
    const bool all = source.op == Op::kVertices && source.start && source.values.empty() &&
                     source.tests.empty() && source.as.empty();
    if (!all || hop.op != Op::kToVertices || hop.side == Direction::kBoth || !hop.as.empty())
        return;
    std::vector<std::string> labels = hop.texts;
    std::ranges::sort(labels);
    if (std::ranges::adjacent_find(labels) != labels.end()) return;
    for (size_t i = 2; i < steps.size(); ++i) {
        const bool counts = steps[i].op == Op::kSumDegrees ||
                            (steps[i].op == Op::kCount && steps[i].scope == Scope::kGlobal);
        if (counts) {
            hop.op = Op::kTimesDegree;
            hop.side = hop.side == Direction::kOut ? Direction::kIn : Direction::kOut;
            return;
        }
        if (steps[i].op != Op::kToVertices || !steps[i].as.empty()) return;
    }
}

/// order().limit(n): no more than n need be kept.
void CutOrders(std::vector<Step>& steps) {
    for (size_t i = 1; i < steps.size(); ++i) {
        Step& order = steps[i - 1];
        const Step& range = steps[i];
        const bool cut = order.op == Op::kOrder && range.op == Op::kRange &&
                         order.scope == Scope::kGlobal && range.scope == Scope::kGlobal;
        if (cut) order.high = range.high;
    }
}

bool SpreadsOut(const Step& step) {
    return step.op == Op::kToVertices || step.op == Op::kEdgeVertex || step.op == Op::kOtherVertex;
}

void AddBarriers(std::vector<Step>& steps) {
    for (size_t i = 0; i + 1 < steps.size(); ++i) {
        const bool next_moves = steps[i + 1].op == Op::kToVertices ||
                                steps[i + 1].op == Op::kToEdges ||
                                steps[i + 1].op == Op::kSumDegrees;
        if (!SpreadsOut(steps[i]) || !next_moves || !steps[i].as.empty()) continue;
        Step barrier;
        barrier.op = Op::kBarrier;
        barrier.high = kBarrierSize;
        steps.insert(steps.begin() + static_cast<ptrdiff_t>(i + 1), std::move(barrier));
        ++i;
    }
}

}  // namespace

void Optimise(Traversal& traversal, bool paths) {
    for (Step& step : traversal.steps) OptimiseChildren(step, paths);
    FoldTests(traversal.steps);
    CountFromStatistics(traversal.steps);
    CutOrders(traversal.steps);
    if (paths) return;
    BeginAtEnds(traversal.steps);
    const bool limited = std::ranges::any_of(traversal.steps, [](const Step& step) {
        return step.op == Op::kRange || step.op == Op::kAggregate;
    });
    if (!limited) AddBarriers(traversal.steps);
    for (Step& step : traversal.steps) {
        // A repeat of one hop meets the same vertices again and again.
        // One that emits and has no end would have bulks that grow without an end.
        const bool ends = step.until || step.times;
        if (step.op != Op::kRepeat || ((step.emit || step.emit_all) && !ends)) continue;
        Traversal body = *step.children[0];
        if (body.steps.empty() || !SpreadsOut(body.steps.back()) || !body.steps.back().as.empty()) {
            continue;
        }
        Step barrier;
        barrier.op = Op::kBarrier;
        barrier.high = kBarrierSize;
        body.steps.push_back(std::move(barrier));
        step.children[0] = std::make_shared<const Traversal>(std::move(body));
    }
}

}  // namespace gyre::graph::plan
