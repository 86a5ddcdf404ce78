// PatternSearch: nodes of a label by columns of their properties.
#include <algorithm>

#include "graph/exec/column_tests.h"
#include "graph/exec/cypher_values.h"
#include "graph/exec/rows.h"

namespace gyre::graph::exec {

std::unique_ptr<ColumnScan> PatternSearch::ColumnsOf(size_t pattern, size_t start, bool& all) {
    const plan::NodePattern& node = patterns_[pattern].nodes[start];
    const auto& labels = names_[pattern].labels[start];
    Transaction& graph = context_.graph;
    all = false;
    const std::optional<NameId> label = labels.empty() ? std::nullopt : std::optional(labels[0]);
    // Under the default label are also those that have none, which is not asked here.
    if (names_[pattern].unknown[start] || (label && graph.NameText(*label) == kDefaultLabel)) {
        return nullptr;
    }
    std::vector<ColumnTest> asked;
    all = labels.size() <= 1 && !node.id;
    const auto ask = [&](std::optional<ColumnTest> test) {
        if (test)
            asked.push_back(std::move(*test));
        else
            all = false;
    };
    for (const auto& [name, expression] : node.properties.pairs) {
        const auto key = graph.FindName(name);
        const bool constant = expression->kind == plan::Expression::Kind::kLiteral;
        ask(key && constant && name != "~id"
                ? std::optional(EqualityTest(*key, Wide(expression->value)))
                : std::nullopt);
    }
    for (const plan::Expression* condition : checks_.After(pattern, start, 0)) {
        ask(ToColumnTest(context_, *condition, node.slot));
    }
    if (!label && asked.empty()) return nullptr;
    const auto passes = [this, pattern, start](uint64_t vertex) {
        row_[patterns_[pattern].nodes[start].slot] = Value(VertexRef{vertex});
        const bool holds =
            NodeFits(pattern, start, vertex) && Holds(checks_.After(pattern, start, 0));
        row_[patterns_[pattern].nodes[start].slot] = Value();
        return holds;
    };
    return graph.ScanColumns(label, std::move(asked), all ? ColumnScan::ByRow(passes) : nullptr);
}

std::unique_ptr<BatchScan> PatternSearch::OpenScan(const Values& row, size_t slot) {
    if (patterns_.size() != 1 || patterns_[0].hops.size() > 1 || patterns_[0].slot ||
        !checks_.Last().empty() || !given_slots_.empty()) {
        return nullptr;
    }
    row_ = row;
    if (!all_named_) FindNames();
    if (!patterns_[0].hops.empty()) return ScanHop(slot);
    const plan::NodePattern& node = patterns_[0].nodes[0];
    if (node.bound || node.slot != slot) return nullptr;
    // A value that few have is an index's to find.
    const auto indexed = [&](const auto& pair) {
        const auto key = context_.graph.FindName(pair.first);
        return !key || node.labels.empty() || !HasFewTexts(context_.graph, node.labels[0], *key);
    };
    if (std::ranges::any_of(node.properties.pairs, indexed)) return nullptr;
    bool all = false;
    auto scan = ColumnsOf(0, 0, all);
    return all ? std::move(scan) : nullptr;
}

}  // namespace gyre::graph::exec
