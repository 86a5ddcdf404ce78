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
