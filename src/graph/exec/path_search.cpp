#include <algorithm>
#include <optional>
#include <type_traits>
#include <utility>

#include "graph/exec/detail/vertex_table.h"
#include "graph/exec/rows.h"

namespace gyre::graph::exec {
namespace {

/// Of a path of many hops, found by going deeper for each.
constexpr int64_t kMostHops = 4000;

}  // namespace

/// A vertex that a breadth-first search has reached, and the edge by which it did. Others of the
/// search are told by their places in it.
struct PatternSearch::Reached {
    uint64_t vertex = 0;
    EdgeRef by;
    uint32_t from = 0;
    uint32_t depth = 0;
    uint32_t next = VertexTable::kNone;  ///< another shortest way to the same vertex
    bool again = false;                  ///< it is such a one, and the vertex stands before it
};

/// A breadth-first search from one vertex, level by level: all shortest ways to what it has
/// reached, or one to each.
struct PatternSearch::Flood {
    Flood(Context& running, uint64_t at) : context(running) {
        places.At(at) = 0;
        reached.push_back({.vertex = at});
    }
    ~Flood() { context.Release(reached.size() - 1); }
    Flood(const Flood&) = delete;
    Flood& operator=(const Flood&) = delete;

    [[nodiscard]] size_t LastSize() const { return reached.size() - last; }
    /// Edges from the last level, if they are as many as those before; 0 of the first.
    [[nodiscard]] uint64_t EdgesFromLast() const {
        return last == 0 ? 0 : edges * LastSize() / last;
    }
    void Add(const Reached& one) {
        context.Hold();
        reached.push_back(one);
    }

    Context& context;
    VertexTable places;            ///< of the first way to each vertex
    std::vector<Reached> reached;  ///< level by level
    size_t last = 0;               ///< where the last level begins
    uint64_t edges = 0;            ///< that were looked at
    uint32_t depth = 0;            ///< of the last level
};

template <typename Use>
void PatternSearch::EachEdge(size_t pattern, size_t hop, bool forward, uint64_t at, Use use) {
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
                if (&step == wished_) hop_wish_.Count(context_.graph, 1, 0);
                if (twice || Used(edge) || !FitsHop(edge, step)) return true;
                const uint64_t vertex = side == Direction::kOut ? edge.in : edge.out;
                if constexpr (std::is_same_v<decltype(use(edge, vertex)), bool>) {
                    return use(edge, vertex);
                } else {
                    use(edge, vertex);
                    return true;
                }
            });
        }
    }
}

void PatternSearch::OneHop(size_t pattern, size_t hop, bool forward, uint64_t at,
                           const TakeEdge& then) {
    EachEdge(pattern, hop, forward, at, then);
}

// The relationship is bound already: whether it leads on from here.
void PatternSearch::KnownHop(size_t pattern, size_t hop, bool forward, uint64_t at,
                             const EdgeRef& edge, const TakeEdge& then) {
    const plan::HopPattern& step = patterns_[pattern].hops[hop];
    const Direction wanted = SideOf(step, forward);
    const bool leaves = wanted != Direction::kIn && edge.out == at;
    const bool enters = wanted != Direction::kOut && edge.in == at;
    const bool typed = std::ranges::any_of(
        names_[pattern].types[hop],
        [&](const std::optional<NameId>& type) { return !type || *type == edge.label; });
    if (!typed || (!leaves && !enters) || Used(edge) || !FitsHop(edge, step)) return;
    if (context_.graph.Writes() && !context_.graph.Edge(edge.id)) return;  // dropped meanwhile
    then(edge, leaves ? edge.in : edge.out);
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

// Each vertex that trails of so many hops lead to, once: the shortest way to one is a trail. Back
// to where they begin leads a trail that comes by an edge of another branch than it left by.
void PatternSearch::Ends(size_t pattern, size_t hop, bool forward, uint64_t at,
                         const Arrive& then) {
    const plan::HopPattern& step = patterns_[pattern].hops[hop];
    Flood flood(context_, at);
    std::vector<uint64_t> branches{0};  ///< of what is reached: the first edge of the way
    bool back = step.least == 0;
    if (back) then(at);
    while (flood.depth < step.most && flood.LastSize() > 0 && !stopped_) {
        const size_t begin = flood.last, end = flood.reached.size();
        flood.last = end;
        const uint32_t depth = ++flood.depth;
        for (size_t i = begin; i < end && !stopped_; ++i) {
            const uint64_t from = flood.reached[i].vertex;
            EachEdge(pattern, hop, forward, from, [&](const EdgeRef& edge, uint64_t vertex) {
                const uint64_t branch = i == 0 ? edge.id : branches[i];
                uint32_t& place = flood.places.At(vertex);
                if (place == VertexTable::kNone) {
                    place = static_cast<uint32_t>(flood.reached.size());
                    flood.Add({.vertex = vertex, .depth = depth});
                    branches.push_back(branch);
                    then(vertex);
                } else if (!back && step.side == Direction::kBoth && vertex != from) {
                    const uint64_t other = place == 0 ? edge.id : branches[place];
                    back = branch != other && depth + flood.reached[place].depth <= step.most;
                } else if (!back) {
                    back = vertex == at;
                }
            });
        }
    }
    if (back && step.least > 0 && !stopped_) then(at);
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
    Flood flood(context_, at);
    if (least == 0) GiveWays(pattern, forward, {&flood, nullptr, at}, then);
    const bool one = path.which == plan::PathPattern::Which::kShortest;
    for (int64_t depth = 1; depth <= most && flood.LastSize() > 0 && !stopped_; ++depth) {
        const size_t level_end = flood.reached.size();
        if (one && depth == most && depth >= least && Fewer(pattern, end, flood) &&
            LastFrom(pattern, forward, flood, then)) {
            return;
        }
        const size_t told = flood.reached.size();
        Spread(pattern, forward, flood, level_end);
        if (depth < least) continue;
        for (size_t i = told; i < flood.reached.size() && !stopped_; ++i) {
            const Reached& one = flood.reached[i];
            if (one.again || !NodeFits(pattern, end, one.vertex)) continue;
            GiveWays(pattern, forward, {&flood, nullptr, one.vertex}, then);
        }
    }
}

// Whether there are fewer vertices that may be the end than there are edges from the last level, as
// far as can be told without a look at either.
bool PatternSearch::Fewer(size_t pattern, size_t end, const Flood& flood) const {
    const auto& labels = names_[pattern].labels[end];
    return !labels.empty() && context_.graph.CountVertices(labels[0]) < flood.EdgesFromLast();
}

// The last level, sought from what may be the end: to be told is only an edge that leads there from
// the level before, so most are left after a few edges. False where it has cost as much as to go on
// from the last level, and is not done.
bool PatternSearch::LastFrom(size_t pattern, bool forward, Flood& flood, const Arrive& then) {
    const size_t end = forward ? 1 : 0;
    uint64_t left = flood.EdgesFromLast();
    Candidates candidates = CandidatesOf(pattern, end);
    const uint32_t depth = flood.depth + 1;
    uint64_t vertex = 0;
    while (!stopped_ && left > 0 && NextOf(candidates, vertex)) {
        --left;
        if (flood.places.Find(vertex) != VertexTable::kNone) continue;
        if (!NodeFits(pattern, end, vertex)) continue;
        bool found = false;
        EachEdge(pattern, 0, !forward, vertex, [&](const EdgeRef& edge, uint64_t from) {
            if (found || left == 0) return false;  // at the other side, or by another type
            --left;
            const uint32_t before = flood.places.Find(from);
            if (before == VertexTable::kNone || flood.reached[before].depth + 1 != depth) {
                return true;
            }
            flood.places.At(vertex) = static_cast<uint32_t>(flood.reached.size());
            flood.Add({vertex, edge, before, depth});
            found = true;
            return false;
        });
        if (found) GiveWays(pattern, forward, {&flood, nullptr, vertex}, then);
    }
    return left > 0 || stopped_;
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
    Flood here(context_, at), there(context_, goal);
    if (at == goal) {
        if (least == 0) GiveWays(pattern, forward, {&here, nullptr, at}, then);
        return;
    }
    for (int64_t length = 1; length <= most && !stopped_; ++length) {
        const bool mine = here.LastSize() <= there.LastSize();
        Flood& flood = mine ? here : there;
        const Flood& other = mine ? there : here;
        Spread(pattern, forward == mine, flood, flood.reached.size());
        if (flood.LastSize() == 0) return;
        std::vector<uint64_t> met;
        for (size_t i = flood.last; i < flood.reached.size(); ++i) {
            const Reached& one = flood.reached[i];
            const bool known = other.places.Find(one.vertex) != VertexTable::kNone;
            if (!one.again && known) met.push_back(one.vertex);
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

// One level more, from the last one, which ends there.
void PatternSearch::Spread(size_t pattern, bool forward, Flood& flood, size_t end) {
    const bool all = patterns_[pattern].which == plan::PathPattern::Which::kAllShortest;
    const size_t begin = std::exchange(flood.last, end);
    const uint32_t depth = ++flood.depth;
    for (size_t i = begin; i < end; ++i) {
        if (flood.reached[i].again) continue;
        const auto from = static_cast<uint32_t>(i);
        EachEdge(pattern, 0, forward, flood.reached[i].vertex,
                 [&](const EdgeRef& edge, uint64_t vertex) {
                     ++flood.edges;
                     const auto here = static_cast<uint32_t>(flood.reached.size());
                     uint32_t& place = flood.places.At(vertex);
                     if (place == VertexTable::kNone) {
                         place = here;
                         flood.Add({vertex, edge, from, depth});
                     } else if (all && flood.reached[place].depth == depth) {
                         flood.Add({vertex, edge, from, depth, flood.reached[place].next, true});
                         flood.reached[place].next = here;
                     }
                 });
    }
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
    const auto ways = [&](const Flood& flood, Values& chain, const FunctionRef<void()>& take) {
        EachWay(flood, flood.places.Find(meeting.vertex), chain, stop, take);
    };
    const uint64_t first = meeting.from->reached[0].vertex;
    ways(*meeting.from, edges, [&] {
        if (meeting.to == nullptr) return give(first, meeting.vertex);
        ways(*meeting.to, rest, [&] { give(first, meeting.to->reached[0].vertex); });
    });
}

// Calls `take` for each way from what stands at that place back to where the search began; `edges`
// runs backwards.
void PatternSearch::EachWay(const Flood& flood, uint32_t place, Values& edges, bool& stop,
                            const FunctionRef<void()>& take) {
    if (place == 0) return take();
    for (uint32_t way = place; way != VertexTable::kNone; way = flood.reached[way].next) {
        if (stop || !context_.GoOn()) return;
        edges.emplace_back(flood.reached[way].by);
        EachWay(flood, flood.reached[way].from, edges, stop, take);
        edges.pop_back();
    }
}

}  // namespace gyre::graph::exec
