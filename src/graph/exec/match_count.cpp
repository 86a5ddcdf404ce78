// PatternSearch: how many matches there are, where nobody asks which.
#include <algorithm>

#include "graph/exec/evaluate.h"
#include "graph/exec/rows.h"
#include "graph/exec/triangle_count.h"

namespace gyre::graph::exec {
namespace {

/// Rows with one end the same, before what leads from there is counted at once; and how many ways
/// that may be.
constexpr uint64_t kRowsOfAnEnd = 3;
constexpr uint64_t kMostWays = 100'000;

using plan::Expression;
using ExpressionKind = Expression::Kind;

/// Whether the slot is one of theirs, and not the row's from before.
bool Binds(const std::vector<plan::PathPattern>& patterns, size_t slot) {
    const auto fresh = [&](const auto& part) { return part.slot == slot && !part.bound; };
    return std::ranges::any_of(patterns, [&](const plan::PathPattern& path) {
        return path.slot == slot || std::ranges::any_of(path.nodes, fresh) ||
               std::ranges::any_of(path.hops, fresh);
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

// Nothing in it depends on the row but where it begins and ends.
bool PatternSearch::IsChain() const {
    const plan::PathPattern& path = patterns_[0];
    const auto given = [&](const plan::NodePattern& node) {
        return std::ranges::find(given_slots_, node.slot) != given_slots_.end();
    };
    return patterns_.size() == 1 && path.hops.size() > 1 && !path.slot && !checks_.Any() &&
           path.which == plan::PathPattern::Which::kEvery && !context_.graph.Writes() &&
           given_slots_.size() == 2 && given(path.nodes.front()) && given(path.nodes.back()) &&
           path.nodes.front().slot != path.nodes.back().slot &&
           std::ranges::all_of(path.nodes,
                               [](const auto& node) { return node.properties.Empty(); }) &&
           std::ranges::all_of(path.hops, [](const auto& hop) {
               return !hop.bound && !hop.many && hop.properties.Empty();
           });
}

std::optional<uint64_t> PatternSearch::CountByEnds(const Values& row) {
    const auto& nodes = patterns_[0].nodes;
    const std::array<size_t, 2> slots = {nodes.front().slot, nodes.back().slot};
    for (const size_t end : {0U, 1U}) {
        const auto *at = row[slots[end]].If<VertexRef>(), *to = row[slots[1 - end]].If<VertexRef>();
        if (at == nullptr || to == nullptr) return 0;
        Ends& ends = ends_[end];
        if (ends.at != at->id) {
            context_.Release(ends.ways.size());
            ends = {at->id, 0, false, {}};
        }
        if (++ends.times < kRowsOfAnEnd) continue;
        if (ends.times == kRowsOfAnEnd) {
            ends.counted = CountFrom(end == 0 ? 0 : nodes.size() - 1, row, ends);
        }
        if (!ends.counted) continue;
        const auto found = ends.ways.find(to->id);
        return found == ends.ways.end() ? 0 : found->second;
    }
    return std::nullopt;
}

// False where it leads to too many.
bool PatternSearch::CountFrom(size_t node, const Values& row, Ends& ends) {
    const auto& nodes = patterns_[0].nodes;
    const size_t other = nodes[node == 0 ? nodes.size() - 1 : 0].slot;
    uint64_t found = 0;
    const Take take = [&](const Values& match) {
        const auto [place, added] = ends.ways.try_emplace(match[other].As<VertexRef>().id, 0);
        if (added) context_.Hold();
        ++place->second;
        return ++found < kMostWays && !context_.Failed();
    };
    row_ = row;
    row_[other] = Value();
    used_.clear();
    stopped_ = false;
    take_ = &take;
    Begin(0, node, ends.at);
    if (!stopped_) return true;
    context_.Release(ends.ways.size());
    ends.ways.clear();
    return false;
}

uint64_t PatternSearch::Count(const Values& row, Values& one) {
    if (!all_named_) FindNames();
    std::optional<uint64_t> found;
    if (IsChain())
        found = CountByEnds(row);
    else if (!checks_.Any() && given_slots_.empty())
        found = CountTriangles(context_, patterns_, row);
    if (found) {
        one = row;
        for (const plan::PathPattern& path : patterns_) {
            for (const auto& node : path.nodes) {
                if (one[node.slot].IsNull()) one[node.slot] = Value(VertexRef{});
            }
            for (const auto& hop : path.hops) one[hop.slot] = Value(EdgeRef{});
        }
        return *found;
    }
    counted_ = 0;
    counting_ = true;
    one_ = &one;
    const Take take = [&](const Values& match) {
        if (counted_++ == 0) one = match;
        return !context_.Failed();
    };
    Open(row);
    while (Step(take)) {
    }
    counting_ = false;
    return counted_;
}

// Whether the last hop of all may lead anywhere: then its edges are counted, and not followed.
bool PatternSearch::IsTail(size_t pattern, size_t hop, size_t to) const {
    const plan::PathPattern& path = patterns_[pattern];
    const plan::HopPattern& step = path.hops[hop];
    return counting_ && !path.slot && pattern + 1 == patterns_.size() && !step.many &&
           !step.bound && step.properties.Empty() && path.nodes[to].properties.Empty() &&
           !row_[path.nodes[to].slot].Is<VertexRef>() && checks_.Last().empty();
}

void PatternSearch::CountTail(size_t pattern, size_t hop, bool forward, uint64_t at) {
    const plan::PathPattern& path = patterns_[pattern];
    const Direction wanted = SideOf(path.hops[hop], forward);
    const size_t to = forward ? hop + 1 : hop;
    if (names_[pattern].unknown[to]) return;
    const auto& labels = names_[pattern].labels[to];
    uint64_t count = 0;
    if (labels.empty() && wanted != Direction::kBoth) {
        for (const auto& type : names_[pattern].types[hop]) {
            count += context_.graph.Degree(at, wanted, type) - UsedAt(at, wanted, type);
        }
    } else {
        OneHop(pattern, hop, forward, at, [&](const EdgeRef&, uint64_t vertex) {
            if (labels.empty() || context_.graph.VertexHas(vertex, labels)) ++count;
        });
    }
    AddCounted(count, path.hops[hop], path.nodes[to]);
}

void PatternSearch::AddCounted(uint64_t count, const plan::HopPattern& hop,
                               const plan::NodePattern& to) {
    if (counted_ == 0 && count > 0) {
        *one_ = row_;
        (*one_)[hop.slot] = Value(EdgeRef{});
        (*one_)[to.slot] = Value(VertexRef{});
    }
    counted_ += count;
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
