// PatternSearch: relationships that an index finds, where nothing else tells where to begin.
#include <algorithm>

#include "graph/exec/column_tests.h"
#include "graph/exec/cypher_values.h"
#include "graph/exec/evaluate.h"
#include "graph/exec/rows.h"

namespace gyre::graph::exec {

void PatternSearch::Candidates::GiveEnds(const EdgeRef& edge, Direction side) {
    if (side != Direction::kIn) Give(edge.out);
    const bool both = side == Direction::kBoth && edge.in != edge.out;
    if (side == Direction::kIn || both) Give(edge.in);
}

bool PatternSearch::FindEdges(size_t pattern, Candidates& candidates) {
    const plan::PathPattern& path = patterns_[pattern];
    if (in_order_[pattern] || path.which != plan::PathPattern::Which::kEvery) return false;
    for (size_t i = 0; i < path.nodes.size(); ++i) {
        if (UnknownOf(pattern, i) <= Unknown::kByValues) return false;
    }
    Transaction& graph = context_.graph;
    wished_ = nullptr;
    for (size_t hop = 0; hop < path.hops.size(); ++hop) {
        const plan::HopPattern& step = path.hops[hop];
        if (step.many || step.bound) continue;
        uint64_t among = 0;
        for (const auto& type : names_[pattern].types[hop]) among += graph.CountEdges(type);
        for (const IndexTest& test : TestsOfHop(pattern, hop)) {
            candidates.edges = graph.EdgesBy(test.key, test.values, among);
            candidates.hop = &step;
            candidates.start = hop;
            if (candidates.edges) return true;
            if (wished_ != nullptr) continue;
            wished_ = &step;
            hop_wish_ = IndexWish({ElementKind::kEdge, test.key});
        }
    }
    return false;
}

std::vector<IndexTest> PatternSearch::TestsOfHop(size_t pattern, size_t hop) {
    const plan::HopPattern& step = patterns_[pattern].hops[hop];
    std::vector<IndexTest> tests;
    for (const auto& [name, expression] : step.properties.pairs) {
        const auto key = name == "~id" ? std::nullopt : context_.graph.FindName(name);
        if (!key) continue;
        auto values = ValuesThat(Comparison::kEqual, Evaluate(context_, *expression, row_));
        if (values) AddIndexTest(IndexTest{*key, std::move(*values)}, tests);
    }
    for (size_t done = 0; done <= patterns_[pattern].hops.size(); ++done) {
        for (const plan::Expression* condition : checks_.After(pattern, hop, done)) {
            AddIndexTest(ToIndexTest(context_, *condition, step.slot), tests);
        }
    }
    return tests;
}

// Of nodes nothing may be asked: what stands beside lists tells of edges only.
std::unique_ptr<BatchScan> PatternSearch::ScanHop(size_t slot) {
    const plan::PathPattern& path = patterns_[0];
    const plan::HopPattern& hop = path.hops[0];
    const auto any = [&](const plan::NodePattern& node) {
        return node.labels.empty() && node.properties.Empty() && !node.id && !node.bound &&
               row_[node.slot].IsNull();
    };
    if (path.which != plan::PathPattern::Which::kEvery || hop.slot != slot || hop.many ||
        hop.bound || hop.side == Direction::kBoth || !row_[slot].IsNull() ||
        !std::ranges::all_of(path.nodes, any) || !checks_.After(0, 0, 0).empty()) {
        return nullptr;
    }
    Transaction& graph = context_.graph;
    EdgesAsked asked;
    uint64_t among = 0;
    for (const auto& type : names_[0].types[0]) {
        among += graph.CountEdges(type);
        if (type) asked.labels.push_back(*type);
    }
    std::ranges::sort(asked.labels);
    asked.labels.erase(std::ranges::unique(asked.labels).begin(), asked.labels.end());
    if (asked.labels.empty() && !hop.types.empty()) return nullptr;  // nobody has them
    for (const auto& [name, expression] : hop.properties.pairs) {
        const auto key = graph.FindName(name);
        const bool constant = expression->kind == plan::Expression::Kind::kLiteral;
        if (!key || !constant || name == "~id") return nullptr;
        asked.tests.push_back(EqualityTest(*key, Wide(expression->value)));
    }
    for (const plan::Expression* condition : checks_.After(0, 0, 1)) {
        auto test = ToColumnTest(context_, *condition, slot);
        if (!test) return nullptr;
        asked.tests.push_back(std::move(*test));
    }
    hop_wish_ = {};
    for (const IndexTest& test : TestsOfHop(0, 0)) {
        if (graph.EdgesBy(test.key, test.values, among)) return nullptr;
        if (!hop_wish_) hop_wish_ = IndexWish({ElementKind::kEdge, test.key});
    }
    asked.by_row = [this](const EdgeRef& edge) {
        const plan::HopPattern& step = patterns_[0].hops[0];
        row_[step.slot] = Value(edge);
        const bool holds = FitsHop(edge, step) && Holds(checks_.After(0, 0, 1));
        row_[step.slot] = Value();
        return holds;
    };
    asked.note = [this](uint64_t gone_through, uint64_t passed) {
        hop_wish_.Count(context_.graph, gone_through, passed);
        return context_.GoOnLong();
    };
    return graph.ScanEdges(std::move(asked));
}

bool PatternSearch::NextEdge(Candidates& candidates) {
    EdgeRef edge;
    const bool found = candidates.edges->Next(edge);
    row_[candidates.hop->slot] = found ? Value(edge) : Value();
    if (!found) return false;
    candidates.givens = candidates.next = 0;
    candidates.GiveEnds(edge, candidates.hop->side);
    return true;
}

}  // namespace gyre::graph::exec
