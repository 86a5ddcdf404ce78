#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "graph/plan/step.h"

namespace gyre::graph::plan {

/// Edges that a vertex sees: those at that side of it, with one of the labels, that pass the test.
struct EdgeSight {
    Direction side{};
    std::vector<std::string> labels;  ///< none: all
    std::vector<Step> tests;          ///< filters of an edge
};

/// The part of the graph that a computation over the whole of it sees, as GraphFilter of TinkerPop
/// has it: vertices that are not seen never compute, so that whoever comes to one is lost; edges
/// are seen from a vertex, or not, and those that lead to a vertex which is not seen stay.
struct GraphFilter {
    TraversalPtr vertices;                        ///< has a result for a vertex that is seen
    std::optional<std::vector<EdgeSight>> edges;  ///< no value: all are seen
};

/// Of the traversals that choose vertices and edges; null: all. The second is of what outE(), inE()
/// and bothE() reach, with filters behind them, or a union() of such, or none at all by limit(0).
/// Errors: kInvalidArgument in the reference's words where a traversal looks further than it may,
/// kUnimplemented for an edges' traversal of another form.
[[nodiscard]] core::Result<GraphFilter> MakeGraphFilter(TraversalPtr vertices, TraversalPtr edges);

/// Has the traversal see that part only. What is within by() and filters looks at a vertex and its
/// own edges, at whose other ends any vertex is.
void FilterGraph(Traversal& traversal, const GraphFilter& filter);

}  // namespace gyre::graph::plan
