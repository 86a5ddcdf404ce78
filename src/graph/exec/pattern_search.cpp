#include <algorithm>
#include <optional>

#include "graph/compare.h"
#include "graph/exec/element.h"
#include "graph/exec/evaluate.h"
#include "graph/exec/rows.h"

namespace gyre::graph::exec {
namespace {

/// Vertices that are gone through for a property's value before an index of it is wanted.
constexpr uint64_t kManyVertices = 2000;

}  // namespace

void PatternSearch::Run(Values row, const std::function<bool(const Values&)>& take) {
    row_ = std::move(row);
    used_.clear();
    take_ = &take;
    stopped_ = false;
    if (!HasNull()) Next(0);
}

// A node that an OPTIONAL MATCH left null is in no pattern.
bool PatternSearch::HasNull() const {
    std::vector<size_t> fresh;
    for (const auto& path : patterns_) {
        for (const auto& node : path.nodes) {
            if (!node.bound) fresh.push_back(node.slot);
        }
    }
    for (const auto& path : patterns_) {
        for (const auto& node : path.nodes) {
            const bool given = node.bound && std::ranges::find(fresh, node.slot) == fresh.end();
            if (given && !row_[node.slot].Is<VertexRef>()) return true;
        }
    }
    return false;
}

void PatternSearch::Next(size_t pattern) {
    if (stopped_ || !context_.GoOn()) return;
    if (pattern == patterns_.size()) {
        if (where_ && !IsTrue(Evaluate(context_, *where_, row_))) return;
        if (context_.Failed() || !(*take_)(row_)) stopped_ = true;
        return;
    }
    // A node that is bound is where to begin; else one that can be looked up; else the first.
    const auto& nodes = patterns_[pattern].nodes;
    size_t best = 0;
    int best_rank = 9;
    for (size_t i = 0; i < nodes.size(); ++i) {
        const bool bound = row_[nodes[i].slot].Is<VertexRef>();
        const int rank = bound                          ? 0
                         : nodes[i].id                  ? 1
                         : !nodes[i].properties.empty() ? 2
                         : !nodes[i].labels.empty()     ? 3
                                                        : 4;
        if (rank >= best_rank) continue;
        best = i;
        best_rank = rank;
    }
    From(pattern, best);
}

void PatternSearch::From(size_t pattern, size_t start) {
    const plan::NodePattern& node = patterns_[pattern].nodes[start];
    Transaction& graph = context_.graph;
    const auto begin = [&](uint64_t vertex) {
        if (!NodeFits(node, vertex)) return;
        const Value before = row_[node.slot];
        row_[node.slot] = Value(VertexRef{vertex});
        Walk(pattern, start, 0);
        row_[node.slot] = before;
    };
    if (const auto* bound = row_[node.slot].If<VertexRef>()) return begin(bound->id);
    if (node.id) {
        const auto vertex = graph.FindVertex(Evaluate(context_, *node.id, row_));
        if (vertex && graph.Vertex(*vertex)) begin(*vertex);
        return;
    }
    std::optional<VertexScan> scan;
    NameId wanted = 0;
    bool wants = false;
    for (const auto& [key, expression] : node.properties) {
        const Value value = Evaluate(context_, *expression, row_);
        if (key == "~id") {
            const auto vertex = graph.FindVertex(value);
            if (vertex && graph.Vertex(*vertex)) begin(*vertex);
            return;
        }
        const auto name = graph.FindName(key);
        if (!name) return;  // nobody has it
        if (!scan) scan = graph.VerticesBy(*name, value);
        wanted = *name;
        wants = true;
    }
    if (scan) wants = false;
    if (!scan && !node.labels.empty()) {
        const auto label = graph.FindName(node.labels[0]);
        if (!label) return;
        scan = graph.VerticesOf(*label);
    }
    if (!scan) scan = graph.Vertices();
    uint64_t vertex = 0;
    uint64_t gone_through = 0;
    while (!stopped_ && context_.GoOn() && scan->Next(vertex)) {
        if (wants && ++gone_through == kManyVertices) graph.WantIndex(wanted);
        begin(vertex);
    }
}

// From the node it began with to the last, then back from there to the first.
void PatternSearch::Walk(size_t pattern, size_t start, size_t done) {
    const plan::PathPattern& path = patterns_[pattern];
    if (done == path.hops.size()) {
        if (path.slot) TakePath(pattern);
        return Next(pattern + 1);
    }
    const bool forward = start + done < path.hops.size();
    const size_t hop = forward ? start + done : path.hops.size() - 1 - done;
    const plan::HopPattern& step = path.hops[hop];
    const plan::NodePattern& from = path.nodes[forward ? hop : hop + 1];
    const plan::NodePattern& to = path.nodes[forward ? hop + 1 : hop];
    const uint64_t at = row_[from.slot].As<VertexRef>().id;
    const auto arrive = [&](uint64_t vertex) {
        const auto* bound = row_[to.slot].If<VertexRef>();
        if (bound != nullptr && bound->id != vertex) return;
        if (!NodeFits(to, vertex)) return;
        const Value before = row_[to.slot];
        row_[to.slot] = Value(VertexRef{vertex});
        Walk(pattern, start, done + 1);
        row_[to.slot] = before;
    };
    if (step.many) {
        const Value before = row_[step.slot];
        Many(pattern, hop, forward, at, {}, arrive);
        row_[step.slot] = before;
        return;
    }
    OneHop(pattern, hop, forward, at, [&](const EdgeRef& edge, uint64_t vertex) {
        const Value before = row_[step.slot];
        if (step.bound) {
            const auto* bound = before.If<EdgeRef>();
            if (bound == nullptr || bound->id != edge.id) return;
        }
        row_[step.slot] = Value(edge);
        used_.push_back(edge.id);
        arrive(vertex);
        used_.pop_back();
        row_[step.slot] = before;
    });
}

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
                         const std::function<void(uint64_t)>& then) {
    const plan::HopPattern& step = patterns_[pattern].hops[hop];
    const auto length = static_cast<int64_t>(edges.size());
    if (length >= step.least) {
        Values list = edges;
        if (!forward) std::ranges::reverse(list);
        row_[step.slot] = MakeList(std::move(list));
        then(at);
    }
    if (length == step.most || stopped_) return;
    OneHop(pattern, hop, forward, at, [&](const EdgeRef& edge, uint64_t vertex) {
        used_.push_back(edge.id);
        edges.emplace_back(edge);
        Many(pattern, hop, forward, vertex, edges, then);
        edges.pop_back();
        used_.pop_back();
    });
}

bool PatternSearch::NodeFits(const plan::NodePattern& node, uint64_t vertex) {
    const Value element(VertexRef{vertex});
    for (const std::string& label : node.labels) {
        if (!LabelPasses(context_, element, *EqualTo(Value(label)))) return false;
    }
    return Fits(element, node.properties);
}

bool PatternSearch::Fits(const Value& element,
                         const std::vector<std::pair<std::string, plan::ExpressionPtr>>& wanted) {
    return std::ranges::all_of(wanted, [&](const auto& one) {
        const Value value = Evaluate(context_, *one.second, row_);
        Values values;
        if (one.first == "~id") {
            values.emplace_back();
            static_cast<void>(IdOf(context_, element, values[0]));
        } else {
            PropertyValuesOf(context_, element, {one.first}, values);
        }
        return !value.IsNull() &&
               std::ranges::any_of(values, [&](const Value& v) { return EqualValues(v, value); });
    });
}

bool PatternSearch::Used(const EdgeRef& edge) const {
    return std::ranges::find(used_, edge.id) != used_.end();
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
        for (const Value& one : edges) {
            const auto& edge = one.As<EdgeRef>();
            at = edge.out == at ? edge.in : edge.out;
            whole->objects.push_back(one);
            whole->objects.emplace_back(VertexRef{at});
        }
    }
    whole->labels.resize(whole->objects.size());
    row_[*path.slot] = Value(std::move(whole));
}

}  // namespace gyre::graph::exec
