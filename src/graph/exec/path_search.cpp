#include <algorithm>
#include <optional>
#include <unordered_map>

#include "graph/exec/rows.h"

namespace gyre::graph::exec {
namespace {

/// Of a path of many hops, found by going deeper for each.
constexpr int64_t kMostHops = 4000;

}  // namespace

/// A vertex that a breadth-first search has reached, and the edge by which it did.
struct PatternSearch::Reached {
    uint64_t vertex = 0;
    EdgeRef by;
    uint64_t from = 0;
};

void PatternSearch::OneHop(size_t pattern, size_t hop, bool forward, uint64_t at,
                           const std::function<void(const EdgeRef&, uint64_t)>& then) {
    const plan::HopPattern& step = patterns_[pattern].hops[hop];
    std::vector<std::optional<NameId>> types;
    for (const std::string& type : step.types) {
        if (const auto name = context_.graph.FindName(type)) types.emplace_back(name);
    }
    if (step.types.empty()) types.emplace_back();
    for (const Direction side : {Direction::kOut, Direction::kIn}) {
        const Direction wanted = forward || step.side == Direction::kBoth ? step.side
                                 : step.side == Direction::kOut           ? Direction::kIn
                                                                          : Direction::kOut;
        if (wanted != Direction::kBoth && wanted != side) continue;
        for (const auto& type : types) {
            const auto scan = context_.graph.EdgesAt(at, side, type);
            EdgeRef edge;
            while (!stopped_ && context_.GoOn() && scan->Next(edge)) {
                // A loop is at both sides, and one edge.
                if (side == Direction::kIn && wanted == Direction::kBoth && edge.in == edge.out) {
                    continue;
                }
                if (Used(edge) || !Fits(Value(edge), step.properties)) continue;
                then(edge, side == Direction::kOut ? edge.in : edge.out);
            }
        }
    }
}

void PatternSearch::Many(size_t pattern, size_t hop, bool forward, uint64_t at, Values edges,
                         const Arrive& then) {
    const plan::HopPattern& step = patterns_[pattern].hops[hop];
    const auto length = static_cast<int64_t>(edges.size());
    if (length >= step.least && length <= step.most) {
        Values list = edges;
        if (!forward) std::ranges::reverse(list);
        row_[step.slot] = MakeList(std::move(list));
        then(at);
    }
    if (length >= step.most || stopped_) return;
    if (length == kMostHops) {
        context_.Fail(core::Error(core::Code::kResourceExhausted, "MemoryLimitExceededException",
                                  "a path has more than 4,000 hops; give its length a bound"));
        return;
    }
    OneHop(pattern, hop, forward, at, [&](const EdgeRef& edge, uint64_t vertex) {
        used_.push_back(edge.id);
        edges.emplace_back(edge);
        Many(pattern, hop, forward, vertex, edges, then);
        edges.pop_back();
        used_.pop_back();
    });
}

// The relationships are bound already: whether they lead on from here.
void PatternSearch::Given(size_t pattern, size_t hop, bool forward, uint64_t at,
                          const Arrive& then) {
    const plan::HopPattern& step = patterns_[pattern].hops[hop];
    Values edges = row_[step.slot].As<Ptr<List>>()->items;
    if (!forward) std::ranges::reverse(edges);
    const size_t before = used_.size();
    const Direction against = step.side == Direction::kOut  ? Direction::kIn
                              : step.side == Direction::kIn ? Direction::kOut
                                                            : Direction::kBoth;
    const Direction wanted = forward ? step.side : against;
    for (const Value& one : edges) {
        const auto* edge = one.If<EdgeRef>();
        if (edge == nullptr || Used(*edge)) return used_.resize(before);
        const bool leaves = edge->out == at && wanted != Direction::kIn;
        const bool enters = edge->in == at && wanted != Direction::kOut;
        if (!leaves && !enters) return used_.resize(before);
        at = leaves ? edge->in : edge->out;
        used_.push_back(edge->id);
    }
    then(at);
    used_.resize(before);
}

// All shortest ways to each vertex that the pattern's end can be, level by level.
void PatternSearch::Shortest(size_t pattern, bool forward, uint64_t at, const Arrive& then) {
    const plan::PathPattern& path = patterns_[pattern];
    const plan::HopPattern& step = path.hops[0];
    const plan::NodePattern& to = path.nodes[forward ? 1 : 0];
    const auto* const bound = row_[to.slot].If<VertexRef>();
    const bool to_one = bound != nullptr;
    const uint64_t goal = to_one ? bound->id : 0;
    const bool all = path.which == plan::PathPattern::Which::kAllShortest;
    const int64_t most = step.many ? step.most : 1;
    const int64_t least = step.many ? step.least : 1;
    std::unordered_map<uint64_t, int64_t> depths{{at, 0}};
    std::vector<std::vector<Reached>> levels;
    levels.push_back({Reached{at, EdgeRef{}, at}});
    const auto give = [&](uint64_t vertex) {
        Values edges;
        bool stop = false;
        EachChain(levels, levels.size() - 1, vertex, edges, stop, [&] {
            Values list(edges.rbegin(), edges.rend());
            if (!forward) std::ranges::reverse(list);
            auto whole = std::make_shared<Path>();
            uint64_t here = forward ? at : vertex;
            whole->objects.emplace_back(VertexRef{here});
            for (const Value& one : list) {
                const auto& edge = one.As<EdgeRef>();
                here = edge.out == here ? edge.in : edge.out;
                whole->objects.push_back(one);
                whole->objects.emplace_back(VertexRef{here});
            }
            whole->labels.resize(whole->objects.size());
            if (path.slot) row_[*path.slot] = Value(std::move(whole));
            row_[step.slot] = step.many || list.empty() ? MakeList(list) : list[0];
            then(vertex);
            stop = !all || stopped_;
        });
    };
    if (least == 0 && (!to_one || goal == at)) give(at);
    for (int64_t depth = 1; depth <= most && !levels.back().empty() && !stopped_; ++depth) {
        std::vector<Reached> level;
        std::vector<uint64_t> fresh;
        for (size_t i = 0; i < levels.back().size(); ++i) {
            const uint64_t from = levels.back()[i].vertex;
            if (i > 0 && levels.back()[i - 1].vertex == from) continue;
            OneHop(pattern, 0, forward, from, [&](const EdgeRef& edge, uint64_t vertex) {
                const auto [place, added] = depths.try_emplace(vertex, depth);
                if (place->second != depth) return;
                context_.Hold();
                if (added) fresh.push_back(vertex);
                if (added || all) level.push_back({vertex, edge, from});
            });
        }
        std::ranges::stable_sort(level, {}, &Reached::vertex);
        levels.push_back(std::move(level));
        if (to_one && depths.contains(goal)) {
            if (depth >= least && goal != at) give(goal);
            return;
        }
        if (to_one || depth < least) continue;
        for (const uint64_t vertex : fresh) {
            if (!stopped_) give(vertex);
        }
    }
}

// Calls `take` for each way from the vertex back to where the search began; `edges` runs backwards.
void PatternSearch::EachChain(const std::vector<std::vector<Reached>>& levels, size_t level,
                              uint64_t vertex, Values& edges, bool& stop,
                              const std::function<void()>& take) {
    if (level == 0) return take();
    const auto ways = std::ranges::equal_range(levels[level], vertex, {}, &Reached::vertex);
    for (const Reached& way : ways) {
        if (stop || !context_.GoOn()) return;
        edges.emplace_back(way.by);
        EachChain(levels, level - 1, way.from, edges, stop, take);
        edges.pop_back();
    }
}

}  // namespace gyre::graph::exec
