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

/// A breadth-first search from one vertex, level by level: all shortest ways to what it has
/// reached, or one to each.
struct PatternSearch::Flood {
    explicit Flood(uint64_t at) : depths{{at, 0}}, levels{{Reached{at, EdgeRef{}, at}}} {}

    std::unordered_map<uint64_t, int64_t> depths;
    std::vector<std::vector<Reached>> levels;  ///< each by vertex
    std::vector<uint64_t> fresh;               ///< of the last level, in the order they were met
};

void PatternSearch::OneHop(size_t pattern, size_t hop, bool forward, uint64_t at,
                           const TakeEdge& then) {
    const plan::HopPattern& step = patterns_[pattern].hops[hop];
    const Direction wanted = SideOf(step, forward);
    for (const Direction side : {Direction::kOut, Direction::kIn}) {
        if (wanted != Direction::kBoth && wanted != side) continue;
        for (const auto& type : names_[pattern].types[hop]) {
            context_.graph.ForEdgesAt(at, side, type, [&](const EdgeRef& edge) {
                if (stopped_ || !context_.GoOn()) return false;
                // A loop is at both sides, and one edge.
                const bool twice =
                    side == Direction::kIn && wanted == Direction::kBoth && edge.in == edge.out;
                if (!twice && !Used(edge) && FitsHop(edge, step)) {
                    then(edge, side == Direction::kOut ? edge.in : edge.out);
                }
                return true;
            });
        }
    }
}

// The edges between two vertices, from the one that has fewer. They stand by label and neighbour,
// so what lies behind the other end need not be looked at.
void PatternSearch::Closing(size_t pattern, size_t hop, bool forward, uint64_t at, uint64_t goal,
                            const TakeEdge& then) {
    const plan::HopPattern& step = patterns_[pattern].hops[hop];
    const Direction wanted = SideOf(step, forward);
    for (const Direction side : {Direction::kOut, Direction::kIn}) {
        if (wanted != Direction::kBoth && wanted != side) continue;
        const Direction other = side == Direction::kOut ? Direction::kIn : Direction::kOut;
        for (const auto& type : names_[pattern].types[hop]) {
            const bool turned =
                context_.graph.Degree(goal, other, type) < context_.graph.Degree(at, side, type);
            const uint64_t sought = turned ? at : goal;
            const auto scan =
                context_.graph.EdgesAt(turned ? goal : at, turned ? other : side, type);
            EdgeRef edge;
            while (!stopped_ && context_.GoOn() && scan->Next(edge)) {
                const uint64_t neighbour = (side == Direction::kOut) != turned ? edge.in : edge.out;
                if (type && neighbour > sought) break;
                if (neighbour != sought) continue;
                if (side == Direction::kIn && wanted == Direction::kBoth && edge.in == edge.out) {
                    continue;
                }
                if (Used(edge) || !FitsHop(edge, step)) continue;
                then(edge, goal);
            }
        }
    }
}

// The way so far is what has been used since `first`.
void PatternSearch::Many(size_t pattern, size_t hop, bool forward, uint64_t at, size_t first,
                         const Arrive& then) {
    const plan::HopPattern& step = patterns_[pattern].hops[hop];
    const auto length = static_cast<int64_t>(used_.size() - first);
    if (length >= step.least && length <= step.most) {
        if (step.named || patterns_[pattern].slot) {
            Values list(used_.begin() + static_cast<ptrdiff_t>(first), used_.end());
            if (!forward) std::ranges::reverse(list);
            row_[step.slot] = MakeList(std::move(list));
        }
        then(at);
    }
    if (length >= step.most || stopped_) return;
    if (length == kMostHops) {
        context_.Fail(core::Error(core::Code::kResourceExhausted, "MemoryLimitExceededException",
                                  "a path has more than 4,000 hops; give its length a bound"));
        return;
    }
    OneHop(pattern, hop, forward, at, [&](const EdgeRef& edge, uint64_t vertex) {
        used_.push_back(edge);
        Many(pattern, hop, forward, vertex, first, then);
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
        used_.push_back(*edge);
    }
    then(at);
    used_.resize(before);
}

// All shortest ways to each vertex that the pattern's end can be.
void PatternSearch::Shortest(size_t pattern, bool forward, uint64_t at, const Arrive& then) {
    const plan::PathPattern& path = patterns_[pattern];
    const plan::HopPattern& step = path.hops[0];
    const size_t end = forward ? 1 : 0;
    const int64_t most = step.many ? step.most : 1;
    const int64_t least = step.many ? step.least : 1;
    if (const auto* goal = row_[path.nodes[end].slot].If<VertexRef>()) {
        return ShortestTo(pattern, forward, at, goal->id, then);
    }
    // An end with an id is sought from both sides too.
    const plan::NodePattern& last = path.nodes[end];
    const bool known =
        last.id || std::ranges::find(last.properties.pairs, "~id", [](const auto& one) {
                       return std::string_view(one.first);
                   }) != last.properties.pairs.end();
    if (known) {
        Candidates candidates = CandidatesOf(pattern, end);
        uint64_t goal = 0;
        while (!stopped_ && NextOf(candidates, goal)) {
            if (NodeFits(pattern, end, goal)) ShortestTo(pattern, forward, at, goal, then);
        }
        return;
    }
    Flood flood(at);
    if (least == 0) GiveWays(pattern, forward, {&flood, nullptr, at}, then);
    for (int64_t depth = 1; depth <= most && !flood.levels.back().empty() && !stopped_; ++depth) {
        Spread(pattern, forward, flood);
        if (depth < least) continue;
        for (const uint64_t vertex : std::vector<uint64_t>(flood.fresh)) {
            if (stopped_) return;
            if (!NodeFits(pattern, end, vertex)) continue;
            GiveWays(pattern, forward, {&flood, nullptr, vertex}, then);
        }
    }
}

// From both ends, the one whose last level is smaller each time, until they meet: each level of
// one side only is as many vertices as the degree to the power of the whole length.
void PatternSearch::ShortestTo(size_t pattern, bool forward, uint64_t at, uint64_t goal,
                               const Arrive& then) {
    const plan::PathPattern& path = patterns_[pattern];
    const plan::HopPattern& step = path.hops[0];
    const bool all = path.which == plan::PathPattern::Which::kAllShortest;
    const int64_t most = step.many ? step.most : 1;
    const int64_t least = step.many ? step.least : 1;
    Flood here(at), there(goal);
    if (at == goal) {
        if (least == 0) GiveWays(pattern, forward, {&here, nullptr, at}, then);
        return;
    }
    for (int64_t length = 1; length <= most && !stopped_; ++length) {
        const bool mine = here.levels.back().size() <= there.levels.back().size();
        Flood& flood = mine ? here : there;
        const Flood& other = mine ? there : here;
        Spread(pattern, forward == mine, flood);
        if (flood.levels.back().empty()) return;
        std::vector<uint64_t> met;
        for (const uint64_t vertex : flood.fresh) {
            if (other.depths.contains(vertex)) met.push_back(vertex);
        }
        if (met.empty()) continue;
        if (length < least) return;
        for (const uint64_t vertex : met) {
            if (!stopped_) GiveWays(pattern, forward, {&here, &there, vertex}, then);
            if (!all) return;
        }
        return;
    }
}

// One level more.
void PatternSearch::Spread(size_t pattern, bool forward, Flood& flood) {
    const bool all = patterns_[pattern].which == plan::PathPattern::Which::kAllShortest;
    const auto depth = static_cast<int64_t>(flood.levels.size());
    std::vector<Reached> level;
    flood.fresh.clear();
    const auto& before = flood.levels.back();
    for (size_t i = 0; i < before.size(); ++i) {
        const uint64_t from = before[i].vertex;
        if (i > 0 && before[i - 1].vertex == from) continue;
        OneHop(pattern, 0, forward, from, [&](const EdgeRef& edge, uint64_t vertex) {
            const auto [place, added] = flood.depths.try_emplace(vertex, depth);
            if (place->second != depth) return;
            context_.Hold();
            if (added) flood.fresh.push_back(vertex);
            if (added || all) level.push_back({vertex, edge, from});
        });
    }
    std::ranges::stable_sort(level, {}, &Reached::vertex);
    flood.levels.push_back(std::move(level));
}

// Binds each way to where the floods met, or to where the only one has come, and goes on from its
// end; one way where not all are wanted.
void PatternSearch::GiveWays(size_t pattern, bool forward, const Meeting& meeting,
                             const Arrive& then) {
    const plan::PathPattern& path = patterns_[pattern];
    const plan::HopPattern& step = path.hops[0];
    const bool all = path.which == plan::PathPattern::Which::kAllShortest;
    Values edges, rest;
    bool stop = false;
    const auto give = [&](uint64_t first, uint64_t last) {
        Values list(edges.rbegin(), edges.rend());
        list.insert(list.end(), rest.begin(), rest.end());
        if (!forward) std::ranges::reverse(list);
        auto whole = std::make_shared<Path>();
        uint64_t here = forward ? first : last;
        whole->objects.emplace_back(VertexRef{here});
        Lengthen(*whole, here, list);
        whole->labels.resize(whole->objects.size());
        if (path.slot) row_[*path.slot] = Value(std::move(whole));
        row_[step.slot] = step.many || list.empty() ? MakeList(list) : list[0];
        then(last);
        stop = !all || stopped_;
    };
    const auto depth = [&](const Flood& flood) {
        return static_cast<size_t>(flood.depths.at(meeting.vertex));
    };
    const uint64_t first = meeting.from->levels[0][0].vertex;
    EachChain(meeting.from->levels, depth(*meeting.from), meeting.vertex, edges, stop, [&] {
        if (meeting.to == nullptr) return give(first, meeting.vertex);
        EachChain(meeting.to->levels, depth(*meeting.to), meeting.vertex, rest, stop,
                  [&] { give(first, meeting.to->levels[0][0].vertex); });
    });
}

// Calls `take` for each way from the vertex back to where the search began; `edges` runs backwards.
void PatternSearch::EachChain(const std::vector<std::vector<Reached>>& levels, size_t level,
                              uint64_t vertex, Values& edges, bool& stop,
                              const FunctionRef<void()>& take) {
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
