// PatternSearch: how many matches there are, where nobody asks which.
#include <algorithm>
#include <bit>

#include "graph/exec/evaluate.h"
#include "graph/exec/plain_blocks.h"
#include "graph/exec/rows.h"
#include "graph/exec/triangle_count.h"

namespace gyre::graph::exec {
namespace {

/// How many ways may lead from an end that many rows have; for each of those it may be so many.
constexpr uint64_t kMostWays = 100'000;
constexpr uint64_t kWaysOfARow = 128;

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

namespace {

bool OnlyEnds(const plan::RowStep& match, const plan::RowStep& next) {
    if (match.patterns.size() != 1 || match.patterns[0].hops.size() != 1) return false;
    const plan::PathPattern& path = match.patterns[0];
    const plan::HopPattern& hop = path.hops[0];
    if (path.which != plan::PathPattern::Which::kEvery || path.slot || !hop.many || hop.bound ||
        hop.least > 1) {
        return false;
    }
    const bool once = next.aggregates.empty()
                          ? next.distinct
                          : std::ranges::all_of(next.aggregates, [](const auto& call) {
                                return call.distinct || call.name == "min" || call.name == "max";
                            });
    const auto reads = [&](const plan::ExpressionPtr& expression) {
        return expression && ReadsSlot(*expression, hop.slot);
    };
    return once && !reads(match.where) && !reads(next.where) &&
           std::ranges::none_of(next.items, reads, &plan::RowItem::expression) &&
           std::ranges::none_of(next.order, reads, &plan::SortItem::expression) &&
           std::ranges::none_of(next.aggregates, [&](const plan::AggregateCall& call) {
               return reads(call.argument) || reads(call.share);
           });
}

std::optional<std::vector<size_t>> ReadWhereCounted(const plan::RowStep& match,
                                                    const plan::RowStep& next) {
    const bool counts = std::ranges::all_of(next.aggregates, [](const plan::AggregateCall& call) {
        return call.name == "count" && !call.distinct;
    });
    if (next.aggregates.empty() || !counts) return std::nullopt;
    const auto reads = [&](size_t slot) {
        const auto expression_reads = [&](const plan::ExpressionPtr& expression) {
            return expression && ReadsSlot(*expression, slot);
        };
        return std::ranges::any_of(next.items, expression_reads, &plan::RowItem::expression) ||
               std::ranges::any_of(next.aggregates, [&](const plan::AggregateCall& call) {
                   // That it is there is known.
                   return call.argument && call.argument->kind != ExpressionKind::kSlot &&
                          expression_reads(call.argument);
               });
    };
    std::vector<size_t> read;
    const auto note = [&](size_t slot) {
        if (reads(slot)) read.push_back(slot);
    };
    for (const plan::PathPattern& path : match.patterns) {
        for (const auto& node : path.nodes) note(node.slot);
        for (const auto& hop : path.hops) note(hop.slot);
    }
    return read;
}

}  // namespace

MatchUse UseOf(const plan::RowStep& match, const plan::RowStep& next) {
    if (match.kind != plan::RowStep::Kind::kMatch || next.kind != plan::RowStep::Kind::kProject) {
        return {};
    }
    return {.only_ends = OnlyEnds(match, next), .read = ReadWhereCounted(match, next)};
}

bool PatternSearch::IsRead(size_t slot) const {
    return !use_.read || std::ranges::find(*use_.read, slot) != use_.read->end();
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
        FromEnd& ends = ends_[end];
        if (ends.at != at->id) {
            ForgetWays(ends);
            ends.at = at->id;
            ends.repeats = ends.times > 1;
            ends.times = 0;
        }
        // Where the last end came again, so may this one. What was too much is tried again for
        // twice as many rows.
        ++ends.times;
        if (!ends.counted && ends.times >= (ends.repeats ? 1 : 2) &&
            std::has_single_bit(ends.times)) {
            ends.counted = CountFrom(end == 0 ? 0 : nodes.size() - 1, row, ends,
                                     std::min(kMostWays, kWaysOfARow * ends.times));
        }
        if (!ends.counted) continue;
        const uint32_t ways = ends.ways.Find(to->id);
        return ways == VertexTable::kNone ? 0 : ways;
    }
    return std::nullopt;
}

// False where it leads to too many.
bool PatternSearch::CountFrom(size_t node, const Values& row, FromEnd& ends, uint64_t most) {
    const auto& nodes = patterns_[0].nodes;
    const size_t other = nodes[node == 0 ? nodes.size() - 1 : 0].slot;
    uint64_t found = 0;
    const auto count = [&](const Values& match) {
        uint32_t& ways = ends.ways.At(match[other].As<VertexRef>().id);
        if (ways == VertexTable::kNone) {
            ways = 0;
            context_.Hold();
            ++ends.held;
        }
        ++ways;
        return ++found < most && !context_.Failed();
    };
    const Take take = count;
    row_ = row;
    row_[other] = Value();
    used_.clear();
    stopped_ = false;
    take_ = &take;
    Begin(0, node, ends.at);
    if (!stopped_) return true;
    ForgetWays(ends);
    return false;
}

std::optional<uint64_t> PatternSearch::CountByColumns(const Values& row) {
    const auto asks = [](const auto& part) { return !part.properties.Empty(); };
    const auto& nodes = patterns_[0].nodes;
    const auto& hops = patterns_[0].hops;
    if (!checks_.Any() && std::ranges::none_of(nodes, asks) && std::ranges::none_of(hops, asks)) {
        return std::nullopt;
    }
    const auto scan = OpenScan(row, hops.empty() ? nodes[0].slot : hops[0].slot);
    if (!scan) return std::nullopt;
    uint64_t count = 0;
    ElementBatch batch;
    while (scan->NextLabel()) {
        count += CountPlainBlocks(context_, *scan);
        while (context_.GoOnLong() && scan->Next(batch)) count += batch.places.size();
    }
    return count;
}

// All vertices, or edges, or those of a label.
std::optional<uint64_t> PatternSearch::CountFromStatistics(const Values& row) {
    const plan::PathPattern& path = patterns_[0];
    const auto plain = [&](const plan::NodePattern& node) {
        return node.properties.Empty() && !node.id && !node.bound && row[node.slot].IsNull();
    };
    if (patterns_.size() != 1 || checks_.Any() || path.slot || !given_slots_.empty() ||
        path.which != plan::PathPattern::Which::kEvery || path.hops.size() > 1 ||
        !std::ranges::all_of(path.nodes, plain)) {
        return std::nullopt;
    }
    Transaction& graph = context_.graph;
    const auto& labels = names_[0].labels;
    if (path.hops.empty()) {
        if (names_[0].unknown[0]) return 0;
        if (labels[0].empty()) return graph.CountVertices(std::nullopt);
        const bool one = labels[0].size() == 1 && graph.NameText(labels[0][0]) != kDefaultLabel;
        return one ? std::optional(graph.CountVertices(labels[0][0])) : std::nullopt;
    }
    const plan::HopPattern& hop = path.hops[0];
    const bool any_ends = path.nodes[0].labels.empty() && path.nodes[1].labels.empty() &&
                          path.nodes[0].slot != path.nodes[1].slot;
    if (!any_ends || hop.many || hop.bound || hop.side == Direction::kBoth ||
        !hop.properties.Empty() || !row[hop.slot].IsNull()) {
        return std::nullopt;
    }
    std::vector<std::optional<NameId>> types = names_[0].types[0];
    std::ranges::sort(types);
    types.erase(std::ranges::unique(types).begin(), types.end());
    uint64_t count = 0;
    for (const auto& type : types) count += graph.CountEdges(type);
    return count;
}

void PatternSearch::ForgetWays(FromEnd& ends) {
    context_.Release(ends.held);
    ends.held = 0;
    ends.counted = false;
    ends.ways.Clear();
}

uint64_t PatternSearch::Count(const Values& row, Values& one) {
    if (!all_named_) FindNames();
    std::optional<uint64_t> found = CountByColumns(row);
    if (!found) found = CountFromStatistics(row);
    if (found) {
        // It is known without a search.
    } else if (IsChain())
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
    const auto count = [&](const Values& match) {
        if (counted_++ == 0) one = match;
        return !context_.Failed();
    };
    const Take take = count;
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
    const bool counted = counting_ || (!IsRead(step.slot) && !IsRead(path.nodes[to].slot));
    return counted && !path.slot && path.which == plan::PathPattern::Which::kEvery &&
           pattern + 1 == patterns_.size() && !step.many && !step.bound &&
           step.properties.Empty() && path.nodes[to].properties.Empty() &&
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
    if (counting_) return AddCounted(count, path.hops[hop], path.nodes[to]);
    if (count == 0 || stopped_ || !context_.GoOn()) return;
    row_[path.hops[hop].slot] = Value(EdgeRef{});
    row_[path.nodes[to].slot] = Value(VertexRef{});
    times_ = static_cast<int64_t>(count);
    if (!(*take_)(row_)) stopped_ = true;
    times_ = 1;
    row_[path.hops[hop].slot] = Value();
    row_[path.nodes[to].slot] = Value();
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
            int64_t times = traverser.bulk;
            Values row = RowOf(traverser);
            Values* const found = Count(row, times);
            if (context_.Failed()) return false;
            if (found == nullptr) continue;
            traverser = ToTraverser(found == &row ? std::move(row) : one_);
            traverser.bulk = times;
            return true;
        }
        return false;
    }
    void Each(const TakeRow& take) override {
        EachBefore([&](Values& row, int64_t times) {
            Values* const found = Count(row, times);
            return !context_.Failed() && (found == nullptr || take(*found, times));
        });
    }

    [[nodiscard]] bool Gives() const override { return false; }

  private:
    /// The row that goes on, and how often; null where none does.
    Values* Count(Values& row, int64_t& times) {
        const uint64_t count = search_.Count(row, one_);
        if (count == 0) return row_.optional ? &row : nullptr;
        times = static_cast<int64_t>(static_cast<uint64_t>(times) * count);
        return &one_;
    }

    PatternSearch search_;
    Values one_;
};

}  // namespace

StagePtr MakeCount(const plan::RowStep& step, size_t width, Context& context) {
    return std::make_unique<CountStage>(step, width, context);
}

}  // namespace gyre::graph::exec
