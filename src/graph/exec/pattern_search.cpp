#include <algorithm>
#include <optional>
#include <utility>

#include "graph/exec/column_tests.h"
#include "graph/exec/cypher_values.h"
#include "graph/exec/element.h"
#include "graph/exec/evaluate.h"
#include "graph/exec/rows.h"

namespace gyre::graph::exec {
namespace {

/// Vertices of which it is kept whether they fit a node of constant properties.
constexpr size_t kTried = 1 << 16;

/// Whether what a node or relationship is to have is told by another one of the same pattern, which
/// then stands before it.
bool ReadsItself(const plan::PathPattern& path) {
    const auto reads = [&](const plan::WantedProperties& wanted) {
        return std::ranges::any_of(wanted.pairs, [&](const auto& one) {
            const auto read = [&](const auto& part) {
                return plan::ReadsSlot(*one.second, part.slot);
            };
            return std::ranges::any_of(path.nodes, read) || std::ranges::any_of(path.hops, read);
        });
    };
    return std::ranges::any_of(path.nodes, reads, &plan::NodePattern::properties) ||
           std::ranges::any_of(path.hops, reads, &plan::HopPattern::properties);
}

}  // namespace

bool HasAllLabels(Context& context, uint64_t vertex, const std::vector<std::string>& labels) {
    std::vector<NameId> numbers;
    for (const std::string& label : labels) {
        const auto name = context.graph.FindName(label);
        if (!name) return false;
        numbers.push_back(*name);
    }
    return numbers.empty() || context.graph.VertexHas(vertex, numbers);
}

PatternSearch::PatternSearch(const std::vector<plan::PathPattern>& patterns,
                             const plan::ExpressionPtr& where, Context& context, MatchUse use)
    : patterns_(patterns), checks_(patterns, where), context_(context), use_(std::move(use)) {
    std::vector<size_t> fresh;
    for (const auto& path : patterns_) {
        for (const auto& node : path.nodes) {
            if (!node.bound) fresh.push_back(node.slot);
        }
    }
    for (const auto& path : patterns_) {
        in_order_.push_back(ReadsItself(path));
        for (const auto& node : path.nodes) {
            const bool given = node.bound && std::ranges::find(fresh, node.slot) == fresh.end();
            if (given) given_slots_.push_back(node.slot);
        }
    }
}

void PatternSearch::Run(const Values& row, const Take& take) {
    Open(row);
    while (Step(take)) {
    }
}

void PatternSearch::Open(const Values& row) {
    row_ = row;
    used_.clear();
    stopped_ = false;
    first_.reset();
    if (HasNull()) return;
    if (!all_named_) FindNames();
    first_ = Beginnings(0);
}

// A name that the store does not have yet may come while the query runs.
void PatternSearch::FindNames() {
    names_.clear();
    all_named_ = true;
    for (const plan::PathPattern& path : patterns_) {
        Names& names = names_.emplace_back();
        for (const plan::NodePattern& node : path.nodes) {
            auto& labels = names.labels.emplace_back();
            bool unknown = false;
            for (const std::string& label : node.labels) {
                const auto name = context_.graph.FindName(label);
                if (name) labels.push_back(*name);
                unknown = unknown || !name;
            }
            names.unknown.push_back(unknown);
            // A writer may change what they are.
            const bool constant = !node.properties.Empty() && !context_.graph.Writes() &&
                                  std::ranges::all_of(node.properties.pairs, [](const auto& one) {
                                      return one.second->kind == plan::Expression::Kind::kLiteral;
                                  });
            names.tried.emplace_back();
            if (constant) names.tried.back().emplace();
            all_named_ = all_named_ && !unknown;
        }
        for (const plan::HopPattern& hop : path.hops) {
            auto& types = names.types.emplace_back();
            for (const std::string& type : hop.types) {
                if (const auto name = context_.graph.FindName(type)) types.emplace_back(name);
            }
            all_named_ = all_named_ && types.size() == hop.types.size();
            if (hop.types.empty()) types.emplace_back();
        }
    }
}

bool PatternSearch::Step(const Take& take) {
    uint64_t vertex = 0;
    if (!first_ || stopped_ || !NextOf(*first_, vertex)) {
        first_.reset();
        return false;
    }
    take_ = &take;
    Begin(0, first_->start, vertex);
    return true;
}

// A node that an OPTIONAL MATCH left null is in no pattern.
bool PatternSearch::HasNull() const {
    return std::ranges::any_of(given_slots_,
                               [&](size_t slot) { return !row_[slot].Is<VertexRef>(); });
}

void PatternSearch::Next(size_t pattern) {
    if (stopped_ || !context_.GoOn()) return;
    if (pattern == patterns_.size()) {
        if (!Holds(checks_.Last())) return;
        if (context_.Failed() || !(*take_)(row_)) stopped_ = true;
        return;
    }
    Candidates candidates = Beginnings(pattern);
    uint64_t vertex = 0;
    while (!stopped_ && NextOf(candidates, vertex)) Begin(pattern, candidates.start, vertex);
}

bool PatternSearch::Holds(const PatternChecks::Conditions& conditions) {
    return std::ranges::all_of(conditions, [&](const plan::Expression* condition) {
        return IsTrue(Evaluate(context_, *condition, row_));
    });
}

Direction PatternSearch::SideOf(const plan::HopPattern& hop, bool forward) const {
    if (forward || hop.side == Direction::kBoth) return hop.side;
    return hop.side == Direction::kOut ? Direction::kIn : Direction::kOut;
}

uint64_t PatternSearch::Breadth(size_t pattern, size_t node) const {
    const auto& hops = patterns_[pattern].hops;
    if (hops.empty()) return 0;
    const bool forward = node < hops.size();
    const size_t hop = forward ? node : hops.size() - 1;
    const uint64_t at = row_[patterns_[pattern].nodes[node].slot].As<VertexRef>().id;
    const Direction wanted = SideOf(hops[hop], forward);
    uint64_t breadth = 0;
    for (const Direction side : {Direction::kOut, Direction::kIn}) {
        if (wanted != Direction::kBoth && wanted != side) continue;
        for (const auto& type : names_[pattern].types[hop]) {
            breadth += context_.graph.Degree(at, side, type);
        }
    }
    return breadth;
}

// A node that is bound is where to begin, of several the one with fewer edges; else one that can be
// looked up; else the first, or of a hop that may be counted the end that is read.
size_t PatternSearch::Start(size_t pattern) const {
    const auto& nodes = patterns_[pattern].nodes;
    const auto& hops = patterns_[pattern].hops;
    if (in_order_[pattern]) return 0;
    size_t best = 0;
    Unknown least{};
    for (size_t i = 0; i < nodes.size(); ++i) {
        const Unknown unknown = UnknownOf(pattern, i);
        const bool bound = unknown == Unknown::kBound && least == Unknown::kBound;
        const bool counted = use_.read && unknown == least && unknown > Unknown::kGiven &&
                             hops.size() == 1 && !checks_.Any() && IsRead(nodes[i].slot) &&
                             !IsRead(nodes[best].slot) && nodes[best].properties.Empty();
        const bool better =
            i == 0 || unknown < least || counted ||
            (bound && hops.size() > 1 && Breadth(pattern, i) < Breadth(pattern, best));
        if (!better) continue;
        best = i;
        least = unknown;
    }
    return best;
}

PatternSearch::Unknown PatternSearch::UnknownOf(size_t pattern, size_t at) const {
    const plan::NodePattern& node = patterns_[pattern].nodes[at];
    const auto& hops = patterns_[pattern].hops;
    if (row_[node.slot].Is<VertexRef>()) return Unknown::kBound;
    if (node.id || (at < hops.size() && row_[hops[at].slot].Is<EdgeRef>())) return Unknown::kGiven;
    if (!node.properties.Empty()) return Unknown::kByValues;
    return node.labels.empty() ? Unknown::kAll : Unknown::kByLabels;
}

PatternSearch::Candidates PatternSearch::Beginnings(size_t pattern) {
    Candidates candidates;
    if (FindEdges(pattern, candidates)) return candidates;
    const size_t start = Start(pattern);
    candidates = CandidatesOf(pattern, start);
    candidates.start = start;
    return candidates;
}

void PatternSearch::Begin(size_t pattern, size_t start, uint64_t vertex) {
    const plan::NodePattern& node = patterns_[pattern].nodes[start];
    if (!NodeFits(pattern, start, vertex)) return;
    const Value before = row_[node.slot];
    row_[node.slot] = Value(VertexRef{vertex});
    if (Holds(checks_.After(pattern, start, 0))) Walk(pattern, start, 0);
    row_[node.slot] = before;
}

bool PatternSearch::NextOf(Candidates& candidates, uint64_t& vertex) {
    if (!context_.GoOn()) return false;
    if (candidates.next == candidates.givens && candidates.edges && !NextEdge(candidates)) {
        return false;
    }
    if (candidates.next < candidates.givens) {
        vertex = candidates.given[candidates.next++];
        return true;
    }
    if (candidates.columns) {
        return candidates.columns.Next(context_.graph, candidates.wish, vertex);
    }
    if (!candidates.scan || !candidates.scan->Next(vertex)) return false;
    candidates.wish.Count(context_.graph, 1, 0);
    return true;
}

PatternSearch::Candidates PatternSearch::CandidatesOf(size_t pattern, size_t start) {
    const plan::PathPattern& path = patterns_[pattern];
    const plan::NodePattern& node = path.nodes[start];
    Transaction& graph = context_.graph;
    Candidates candidates;
    const auto look_up = [&](const Value& id) {
        const auto vertex = graph.FindVertex(id);
        if (vertex && graph.Vertex(*vertex)) candidates.Give(*vertex);
    };
    if (const auto* bound = row_[node.slot].If<VertexRef>()) {
        candidates.Give(bound->id);
        return candidates;
    }
    // A relationship that is bound tells the nodes at its ends.
    if (start < path.hops.size() && !path.hops[start].many) {
        if (const auto* edge = row_[path.hops[start].slot].If<EdgeRef>()) {
            candidates.GiveEnds(*edge, path.hops[start].side);
            return candidates;
        }
    }
    if (node.id) {
        look_up(Evaluate(context_, *node.id, row_));
        return candidates;
    }
    for (const auto& [key, expression] : node.properties.pairs) {
        const Value value = Narrow(Evaluate(context_, *expression, row_));
        if (key == "~id") {
            look_up(value);
            candidates.scan.reset();
            return candidates;
        }
        const auto name = graph.FindName(key);
        if (!name) return {};  // nobody has it
        if (!node.labels.empty() && HasFewTexts(graph, node.labels[0], *name)) continue;
        if (!candidates.scan) candidates.scan = graph.VerticesBy(*name, value);
        candidates.wish = IndexWish({ElementKind::kVertex, *name});
    }
    if (candidates.scan) {
        candidates.wish = {};
        return candidates;
    }
    std::optional<NameId> label;
    if (!node.labels.empty()) {
        label = graph.FindName(node.labels[0]);
        if (!label) return candidates;  // nobody has it
    }
    bool all = false;
    candidates.columns = ScannedVertices(ColumnsOf(pattern, start, all));
    if (!candidates.columns) candidates.scan = label ? graph.VerticesOf(*label) : graph.Vertices();
    return candidates;
}

// From the node it began with to the last, then back from there to the first.
void PatternSearch::Walk(size_t pattern, size_t start, size_t done) {
    const plan::PathPattern& path = patterns_[pattern];
    if (done == path.hops.size()) {
        if (path.slot && path.which == plan::PathPattern::Which::kEvery) TakePath(pattern);
        return Next(pattern + 1);
    }
    const bool forward = start + done < path.hops.size();
    const size_t hop = forward ? start + done : path.hops.size() - 1 - done;
    const plan::HopPattern& step = path.hops[hop];
    const plan::NodePattern& from = path.nodes[forward ? hop : hop + 1];
    const plan::NodePattern& to = path.nodes[forward ? hop + 1 : hop];
    const uint64_t at = row_[from.slot].As<VertexRef>().id;
    const auto& conditions = checks_.After(pattern, start, done + 1);
    const size_t next = forward ? hop + 1 : hop;
    if (conditions.empty() && done + 1 == path.hops.size() && IsTail(pattern, hop, next)) {
        return CountTail(pattern, hop, forward, at);
    }
    const bool plain = to.properties.Empty();
    const Value hop_before = row_[step.slot], to_before = row_[to.slot];
    const auto* goal = to_before.If<VertexRef>();
    const auto go_on = [&](uint64_t vertex) {
        if (goal != nullptr && goal->id != vertex) return;
        if (!plain && !NodeFits(pattern, next, vertex)) return;
        row_[to.slot] = Value(VertexRef{vertex});
        if (!Holds(conditions)) return;
        if (&step == wished_) hop_wish_.Count(context_.graph, 0, 1);
        Walk(pattern, start, done + 1);
    };
    const auto arrive = [&](uint64_t vertex) {
        if (plain && !HasLabels(pattern, next, vertex)) return;
        go_on(vertex);
        row_[to.slot] = to_before;  // a search that goes on may ask whether it is bound
    };
    const auto* one = hop_before.If<EdgeRef>();
    const auto take = [&](const EdgeRef& edge, uint64_t vertex) {
        if (plain && !HasLabels(pattern, next, vertex)) return;  // most often that is all
        row_[step.slot] = Value(edge);
        used_.push_back(edge);
        go_on(vertex);
        used_.pop_back();
    };
    if (path.which != plan::PathPattern::Which::kEvery) {
        Shortest(pattern, forward, at, arrive);
    } else if (step.many) {
        if (step.bound && hop_before.Is<Ptr<List>>())
            Given(pattern, hop, forward, at, arrive);
        else if (use_.only_ends)
            Ends(pattern, hop, forward, at, arrive);
        else
            Many(pattern, hop, forward, at, used_.size(), arrive);
    } else if (one != nullptr) {
        KnownHop(pattern, hop, forward, at, *one, take);
    } else if (step.bound) {
        // An OPTIONAL MATCH has left it null: no edge is that.
    } else if (goal != nullptr) {
        Closing(pattern, hop, forward, at, goal->id, take);
    } else {
        OneHop(pattern, hop, forward, at, take);
    }
    row_[to.slot] = to_before;
    row_[step.slot] = hop_before;
}

bool PatternSearch::HasLabels(size_t pattern, size_t node, uint64_t vertex) {
    const auto& labels = names_[pattern].labels[node];
    if (names_[pattern].unknown[node]) return false;
    return labels.empty() || context_.graph.VertexHas(vertex, labels);
}

bool PatternSearch::NodeFits(size_t pattern, size_t node, uint64_t vertex) {
    const plan::NodePattern& wanted = patterns_[pattern].nodes[node];
    const auto fits = [&] {
        return HasLabels(pattern, node, vertex) &&
               (wanted.properties.Empty() || Fits(Value(VertexRef{vertex}), wanted.properties));
    };
    auto& tried = names_[pattern].tried[node];
    if (!tried) return fits();
    const uint32_t known = tried->Find(vertex);
    if (known != VertexTable::kNone) return known != 0;
    if (tried->Size() == kTried) tried->Clear();
    const bool found = fits();
    tried->At(vertex) = found ? 1 : 0;
    return found;
}

bool PatternSearch::Fits(const Value& element, const plan::WantedProperties& wanted) {
    return std::ranges::all_of(wanted.pairs, [&](const auto& one) {
        const Value value = Evaluate(context_, *one.second, row_);
        Value only;
        if (OnlyProperty(context_, element, one.first, only)) {
            return IsTrue(EqualCypher(only, value));
        }
        Values values;
        if (one.first == "~id") {
            values.emplace_back();
            static_cast<void>(IdOf(context_, element, values[0]));
        } else {
            PropertyValuesOf(context_, element, {one.first}, values);
        }
        return std::ranges::any_of(
            values, [&](const Value& v) { return IsTrue(EqualCypher(Wide(v), value)); });
    });
}

bool PatternSearch::Used(const EdgeRef& edge) const {
    return std::ranges::find(used_, edge) != used_.end();
}

void PatternSearch::Lengthen(Path& path, uint64_t& at, const Values& edges) {
    for (const Value& one : edges) {
        const auto& edge = one.As<EdgeRef>();
        at = edge.out == at ? edge.in : edge.out;
        path.objects.push_back(one);
        path.objects.emplace_back(VertexRef{at});
    }
}

void PatternSearch::TakePath(size_t pattern) {
    const plan::PathPattern& path = patterns_[pattern];
    auto whole = std::make_shared<Path>();
    whole->objects.push_back(row_[path.nodes[0].slot]);
    uint64_t at = row_[path.nodes[0].slot].As<VertexRef>().id;
    for (size_t i = 0; i < path.hops.size(); ++i) {
        const Value& hop = row_[path.hops[i].slot];
        Values edges{hop};
        if (const auto* list = hop.If<Ptr<List>>()) edges = (*list)->items;
        Lengthen(*whole, at, edges);
    }
    whole->labels.resize(whole->objects.size());
    row_[*path.slot] = Value(std::move(whole));
}

}  // namespace gyre::graph::exec
