#include "graph/plan/graph_filter.h"

#include <algorithm>
#include <utility>

#include "graph/plan/describe.h"
#include "graph/plan/walk.h"

namespace gyre::graph::plan {
namespace {

using core::Code;

core::Error LooksTooFar(const char* what, const Traversal& traversal) {
    return {Code::kInvalidArgument, "InvalidParameterException",
            what + (": " + TraversalText(traversal))};
}

TraversalPtr InOrder(std::vector<Step> steps) {
    Traversal traversal;
    traversal.steps = std::move(steps);
    return std::make_shared<const Traversal>(std::move(traversal));
}

Step Passing(const TraversalPtr& test) {
    Step filter;
    filter.op = Op::kFilter;
    filter.children = {test};
    return filter;
}

/// Whether the traversal, begun at an edge, reads of a vertex at its end more than the id; goes on
/// in `beyond`, which says whether it stands at such a vertex. TraversalHelper.isLocalStarGraph.
bool LooksBeyond(const Traversal& traversal, bool& beyond) {
    for (const Step& step : traversal.steps) {
        switch (step.op) {
            case Op::kToVertices:
            case Op::kToEdges:
            case Op::kValues:
            case Op::kProperties:
            case Op::kLabel:
            case Op::kValueMap:
            case Op::kPropertyMap:
            case Op::kElementMap:
                if (beyond) return true;
                break;
            case Op::kHas:
                if (beyond && std::ranges::any_of(step.tests, [](const Test& test) {
                        return test.token != T::kId;
                    })) {
                    return true;
                }
                break;
            case Op::kEdgeVertex:
            case Op::kOtherVertex:
                beyond = true;
                continue;
            default:
                break;
        }
        bool looks = false, leaves = false;
        Step copy = step;
        ChangeChildren(copy, [&](const Traversal& child) {
            bool at = beyond;
            looks = looks || LooksBeyond(child, at);
            leaves = leaves || at;
        });
        if (looks) return true;
        beyond = beyond || leaves;
    }
    return false;
}

bool IsNoEdges(const Step& step) {
    return step.op == Op::kRange && step.scope == Scope::kGlobal && step.low == 0 && step.high == 0;
}

/// False for a traversal of another form.
bool AddSights(const Traversal& traversal, std::vector<EdgeSight>& sights) {
    if (traversal.steps.empty()) return false;
    std::vector<EdgeSight> found;
    const Step& first = traversal.steps.front();
    if (first.op == Op::kToEdges) {
        found.push_back({first.side, first.texts, {}});
    } else if (first.op == Op::kUnion) {
        for (const TraversalPtr& child : first.children) {
            if (!AddSights(*child, found)) return false;
        }
    } else {
        return false;
    }
    for (auto step = traversal.steps.begin() + 1; step != traversal.steps.end(); ++step) {
        switch (step->op) {
            case Op::kHas:
            case Op::kHasNot:
            case Op::kIs:
            case Op::kFilter:
            case Op::kNot:
            case Op::kAnd:
            case Op::kOr:
                for (EdgeSight& sight : found) sight.tests.push_back(*step);
                break;
            case Op::kIdentity:
                break;
            case Op::kDedup:
                if (!step->texts.empty() || !step->by.empty()) return false;
                break;
            default:
                if (!IsNoEdges(*step)) return false;
                found.clear();
        }
    }
    std::ranges::move(found, std::back_inserter(sights));
    return true;
}

class Filtering {
  public:
    explicit Filtering(const GraphFilter& filter)
        : filter_(filter), out_(SeenAt(Direction::kOut)), in_(SeenAt(Direction::kIn)) {
        symmetric_ = !filter.edges || std::ranges::all_of(*filter.edges, [](const EdgeSight& one) {
            return one.side == Direction::kBoth;
        });
        if (!filter.vertices) return;
        Step other;
        other.op = Op::kIs;
        auto kind = std::make_shared<Predicate>();
        kind->op = Predicate::Op::kNotTypeOf;
        kind->values = {Value("VERTEX")};
        other.predicate = std::move(kind);
        Step either;
        either.op = Op::kOr;
        either.children = {InOrder({std::move(other)}), filter.vertices};
        results_ = InOrder({std::move(either)});
    }

    /// `travels`: traversers go from vertex to vertex here, and not only look around.
    void Apply(Traversal& traversal, bool travels) {
        std::vector<Step> steps;
        for (Step& step : traversal.steps) {
            ApplyToChildren(step, travels);
            Place(std::move(step), travels, steps);
        }
        traversal.steps = std::move(steps);
    }

  private:
    void ApplyToChildren(Step& step, bool travels) {
        std::vector<TraversalPtr*> global;
        if (step.op == Op::kUnion || step.op == Op::kRepeat || step.op == Op::kMatch) {
            for (TraversalPtr& child : step.children) global.push_back(&child);
        }
        if (step.op == Op::kChoose || step.op == Op::kBranch) {
            for (Option& option : step.options) global.push_back(&option.traversal);
        }
        std::vector<TraversalPtr> kept;
        for (TraversalPtr* child : global) kept.push_back(std::exchange(*child, nullptr));
        ChangeChildren(step, [&](Traversal& child) { Apply(child, false); });
        for (size_t i = 0; i < global.size(); ++i) {
            if (!kept[i]) continue;
            Traversal copy = *kept[i];
            Apply(copy, travels);
            *global[i] = std::make_shared<const Traversal>(std::move(copy));
        }
    }

    /// The step, and the test of what it reaches; labels go to the last.
    void Place(Step step, bool travels, std::vector<Step>& steps) {
        const TraversalPtr reached = travels ? filter_.vertices : nullptr;
        switch (step.op) {
            case Op::kVertices:
                return Tested(std::move(step), filter_.vertices, steps);
            case Op::kEdges:
                return Edges(std::move(step), steps);
            case Op::kEdgeVertex:
            case Op::kOtherVertex:
                return Tested(std::move(step), reached, steps);
            case Op::kToEdges:
            case Op::kToVertices:
                return Hop(std::move(step), reached, steps);
            case Op::kMap:
            case Op::kFlatMap:
            case Op::kLocal:
            case Op::kCoalesce:
            case Op::kOptional:
                return Tested(std::move(step), travels ? results_ : nullptr, steps);
            case Op::kRank:
            case Op::kShortestPath:
                Program(step);
                break;
            default:
                break;
        }
        steps.push_back(std::move(step));
    }
    static void Tested(Step step, const TraversalPtr& test, std::vector<Step>& steps) {
        if (!test) return steps.push_back(std::move(step));
        Step filter = Passing(test);
        filter.as = std::exchange(step.as, {});
        steps.push_back(std::move(step));
        steps.push_back(std::move(filter));
    }
    /// E() is what the vertices see that edges go out of.
    void Edges(Step step, std::vector<Step>& steps) const {
        std::vector<Step> tests;
        if (filter_.vertices) {
            Step end;
            end.op = Op::kEdgeVertex;
            end.side = Direction::kOut;
            tests.push_back(Passing(InOrder({std::move(end), Passing(filter_.vertices)})));
        }
        if (out_) tests.push_back(Passing(out_));
        Tested(std::move(step), tests.empty() ? nullptr : InOrder(std::move(tests)), steps);
    }
    void Hop(Step step, const TraversalPtr& reached, std::vector<Step>& steps) const {
        if (!filter_.edges) {
            const bool lands = step.op == Op::kToVertices;
            return Tested(std::move(step), lands ? reached : nullptr, steps);
        }
        if (step.side != Direction::kBoth || symmetric_) {
            return OneSide(std::move(step), reached, steps);
        }
        Step both;
        both.op = Op::kUnion;
        both.at = step.at;
        both.as = std::exchange(step.as, {});
        for (const Direction side : {Direction::kOut, Direction::kIn}) {
            Step half = step;
            half.side = side;
            std::vector<Step> way;
            OneSide(std::move(half), reached, way);
            both.children.push_back(InOrder(std::move(way)));
        }
        steps.push_back(std::move(both));
    }
    void OneSide(Step step, const TraversalPtr& reached, std::vector<Step>& steps) const {
        const TraversalPtr& seen = step.side == Direction::kIn ? in_ : out_;
        if (step.op == Op::kToEdges) return Tested(std::move(step), seen, steps);
        if (!seen) return Tested(std::move(step), reached, steps);
        Step end;
        end.op = step.side == Direction::kBoth ? Op::kOtherVertex : Op::kEdgeVertex;
        end.side = step.side == Direction::kOut ? Direction::kIn : Direction::kOut;
        end.as = std::exchange(step.as, {});
        step.op = Op::kToEdges;
        Tested(std::move(step), seen, steps);
        Tested(std::move(end), reached, steps);
    }
    /// A program goes by the edges that are seen, over the vertices that are.
    void Program(Step& step) const {
        if (filter_.vertices) step.children = {filter_.vertices};
        if (!filter_.edges) return;
        const std::string key = "~tinkerpop." + step.texts[0] + ".edges";
        Step hop;
        hop.op = Op::kToEdges;
        const bool both = step.op == Op::kShortestPath || step.texts[0] == "connectedComponent";
        hop.side = both ? Direction::kBoth : Direction::kOut;
        auto option = std::ranges::find(step.with, key, &std::pair<std::string, Argument>::first);
        if (option == step.with.end()) option = step.with.insert(option, {key, {}});
        if (option->second.traversal) return;  // has been filtered as a child
        if (option->second.value.IsToken(TokenKind::kDirection)) {
            hop.side = static_cast<Direction>(option->second.value.As<Token>().value);
        }
        std::vector<Step> edges;
        Hop(std::move(hop), nullptr, edges);
        option->second.traversal = InOrder(std::move(edges));
    }

    /// The test of an edge at that side of a vertex; null: all pass.
    [[nodiscard]] TraversalPtr SeenAt(Direction side) const {
        if (!filter_.edges) return nullptr;
        std::vector<TraversalPtr> ways;
        for (const EdgeSight& sight : *filter_.edges) {
            if (sight.side != Direction::kBoth && sight.side != side) continue;
            std::vector<Step> tests = sight.tests;
            if (!sight.labels.empty()) {
                auto within = std::make_shared<Predicate>();
                within->op = Predicate::Op::kWithin;
                for (const std::string& label : sight.labels) within->values.emplace_back(label);
                Step has;
                has.op = Op::kHas;
                has.tests.push_back({T::kLabel, "", std::move(within), nullptr});
                tests.insert(tests.begin(), std::move(has));
            }
            if (tests.empty()) return nullptr;
            ways.push_back(InOrder(std::move(tests)));
        }
        if (ways.size() == 1) return ways[0];
        Step any;
        any.op = Op::kOr;  // of none, nothing passes
        any.children = std::move(ways);
        if (!any.children.empty()) return InOrder({std::move(any)});
        any.op = Op::kIs;
        any.predicate = std::make_shared<Predicate>();
        auto within = std::make_shared<Predicate>();
        within->op = Predicate::Op::kWithin;
        any.predicate = std::move(within);
        return InOrder({std::move(any)});
    }

    const GraphFilter& filter_;
    const TraversalPtr out_, in_;  ///< tests of an edge by the vertex's side; null: all pass
    bool symmetric_ = false;       ///< they are the same
    TraversalPtr results_;         ///< lets all pass but a vertex that is not seen
};

}  // namespace

core::Result<GraphFilter> MakeGraphFilter(TraversalPtr vertices, TraversalPtr edges) {
    GraphFilter filter;
    if (vertices) {
        bool leaves = false;
        ForEachStep(*vertices, [&](const Step& step) {
            leaves = leaves || step.op == Op::kToVertices || step.op == Op::kToEdges ||
                     step.op == Op::kEdgeVertex || step.op == Op::kOtherVertex;
        });
        if (leaves) {
            return core::Fail(LooksTooFar(
                "The provided vertex filter traversal accesses incident edges", *vertices));
        }
    }
    filter.vertices = std::move(vertices);
    if (!edges) return filter;
    bool beyond = false;
    if (LooksBeyond(*edges, beyond)) {
        return core::Fail(LooksTooFar(
            "The provided edge filter traversal accesses data on adjacent vertices", *edges));
    }
    std::vector<EdgeSight> sights;
    if (!AddSights(*edges, sights)) {
        return core::Fail(Code::kUnimplemented, "UnsupportedOperationException",
                          "edges of a graph computer are those of outE(), inE() or bothE(), or of "
                          "a union() of these, with filters behind them; not implemented: " +
                              TraversalText(*edges));
    }
    filter.edges = std::move(sights);
    return filter;
}

void FilterGraph(Traversal& traversal, const GraphFilter& filter) {
    Filtering(filter).Apply(traversal, true);
}

}  // namespace gyre::graph::plan
