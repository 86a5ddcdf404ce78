// PatternSearch: how many matches there are, where nobody asks which.
#include <algorithm>

#include "graph/exec/evaluate.h"
#include "graph/exec/rows.h"
#include "graph/exec/triangle_count.h"

namespace gyre::graph::exec {
namespace {

using plan::Expression;
using ExpressionKind = Expression::Kind;

bool Binds(const std::vector<plan::PathPattern>& patterns, size_t slot) {
    return std::ranges::any_of(patterns, [&](const plan::PathPattern& path) {
        return path.slot == slot ||
               std::ranges::find(path.nodes, slot, &plan::NodePattern::slot) != path.nodes.end() ||
               std::ranges::find(path.hops, slot, &plan::HopPattern::slot) != path.hops.end();
    });
}

/// Whether the expression reads what the patterns bind, or may.
bool ReadsMatch(const Expression& expression, const std::vector<plan::PathPattern>& patterns) {
    if (expression.sub) return true;
    if (expression.kind == ExpressionKind::kSlot && Binds(patterns, expression.slot)) return true;
    return std::ranges::any_of(expression.children, [&](const auto& child) {
        return child && ReadsMatch(*child, patterns);
    });
}

bool IsCount(const plan::AggregateCall& call, const std::vector<plan::PathPattern>& patterns) {
    if (call.name != "count" || call.distinct) return false;
    return !call.argument || call.argument->kind == ExpressionKind::kSlot ||
           !ReadsMatch(*call.argument, patterns);
}

}  // namespace

bool OnlyCounts(const plan::RowStep& match, const plan::RowStep& next) {
    if (match.kind != plan::RowStep::Kind::kMatch || next.kind != plan::RowStep::Kind::kProject ||
        next.aggregates.empty()) {
        return false;
    }
    return std::ranges::all_of(next.aggregates,
                               [&](const auto& call) { return IsCount(call, match.patterns); }) &&
           std::ranges::all_of(next.items, [&](const plan::RowItem& item) {
               return item.aggregates || !ReadsMatch(*item.expression, match.patterns);
           });
}

uint64_t PatternSearch::Count(Values row, Values& one) {
    if (!checks_.Any()) {
        if (!all_named_) FindNames();
        if (const auto found = CountTriangles(context_, patterns_, row)) {
            one = std::move(row);
            for (const plan::PathPattern& path : patterns_) {
                for (const auto& node : path.nodes) one[node.slot] = Value(VertexRef{});
                for (const auto& hop : path.hops) one[hop.slot] = Value(EdgeRef{});
            }
            return *found;
        }
    }
    counted_ = 0;
    counting_ = true;
    const Take take = [&](const Values& match) {
        if (counted_++ == 0) one = match;
        return !context_.Failed();
    };
    Open(std::move(row));
    while (Step(take)) {
    }
    counting_ = false;
    return counted_;
}

// Whether the last hop of all may lead anywhere: then its edges are counted, and not followed.
bool PatternSearch::IsTail(size_t pattern, size_t hop, size_t to) const {
    const plan::PathPattern& path = patterns_[pattern];
    const plan::HopPattern& step = path.hops[hop];
    return counting_ && counted_ > 0 && pattern + 1 == patterns_.size() && !step.many &&
           !step.bound && step.properties.Empty() && path.nodes[to].properties.Empty() &&
           !row_[path.nodes[to].slot].Is<VertexRef>() && checks_.Last().empty();
}

void PatternSearch::CountTail(size_t pattern, size_t hop, bool forward, uint64_t at) {
    const Direction wanted = SideOf(patterns_[pattern].hops[hop], forward);
    const size_t to = forward ? hop + 1 : hop;
    if (names_[pattern].unknown[to]) return;
    const auto& labels = names_[pattern].labels[to];
    for (const Direction side : {Direction::kOut, Direction::kIn}) {
        if (wanted != Direction::kBoth && wanted != side) continue;
        for (const auto& type : names_[pattern].types[hop]) {
            if (labels.empty() && wanted != Direction::kBoth) {
                counted_ += context_.graph.Degree(at, side, type) - UsedAt(at, side, type);
                continue;
            }
            const auto scan = context_.graph.EdgesAt(at, side, type);
            EdgeRef edge;
            while (context_.GoOn() && scan->Next(edge)) {
                const bool twice =
                    side == Direction::kIn && wanted == Direction::kBoth && edge.in == edge.out;
                const uint64_t vertex = side == Direction::kOut ? edge.in : edge.out;
                if (twice || Used(edge)) continue;
                if (labels.empty() || context_.graph.VertexHas(vertex, labels)) ++counted_;
            }
        }
    }
}

// How many of this match's edges are on that side of the vertex, and of that type.
uint64_t PatternSearch::UsedAt(uint64_t at, Direction side, std::optional<NameId> type) const {
    return static_cast<uint64_t>(std::ranges::count_if(used_, [&](const EdgeRef& edge) {
        return (side == Direction::kOut ? edge.out : edge.in) == at &&
               (!type || edge.label == *type);
    }));
}

namespace {

/// A MATCH of which only the number of matches is wanted: gives one of them, with their number as
/// its bulk. What the patterns bind in it says only that it is bound.
class CountStage final : public RowStage {
  public:
    CountStage(const plan::RowStep& step, size_t width, Context& context)
        : RowStage(step, width, context), search_(step.patterns, step.where, context) {}
    bool Next(Traverser& traverser) override {
        while (Pull(traverser)) {
            const auto before = static_cast<uint64_t>(traverser.bulk);
            Values row = RowOf(traverser), one;
            const uint64_t count = search_.Count(row, one);
            if (context_.Failed()) return false;
            if (count == 0 && !row_.optional) continue;
            traverser = ToTraverser(count == 0 ? std::move(row) : std::move(one));
            traverser.bulk = static_cast<int64_t>(before * std::max<uint64_t>(count, 1));
            return true;
        }
        return false;
    }

  private:
    PatternSearch search_;
};

}  // namespace

StagePtr MakeCount(const plan::RowStep& step, size_t width, Context& context) {
    return std::make_unique<CountStage>(step, width, context);
}

}  // namespace gyre::graph::exec
