#pragma once

#include <string>

#include "core/cancel.h"
#include "core/clock.h"
#include "core/result.h"
#include "graph/exec/context.h"
#include "graph/rdf/quads.h"
#include "graph/rdf/writer.h"
#include "graph/sparql/algebra.h"
#include "graph/sparql/outside.h"
#include "graph/sparql/results.h"
#include "graph/storage/graph_store.h"

namespace gyre::graph::sparql {

using rdf::DefaultGraph;

struct Limits {
    const core::Clock& clock;
    core::CancelToken cancel;
    exec::Limits limits;
    DefaultGraph default_graph = DefaultGraph::kUnion;
    /// Of the protocol: takes the place of the query's own.
    DatasetClause dataset;
    Outside* outside = nullptr;  ///< of LOAD and SERVICE; null: neither
};

/// Answers a SELECT or an ASK on a snapshot. Errors: what the query fails with.
[[nodiscard]] core::Status Answer(GraphStore& store, const Query& query, const Limits& limits,
                                  SolutionWriter& writer);
/// A CONSTRUCT or a DESCRIBE.
[[nodiscard]] core::Status Answer(GraphStore& store, const Query& query, const Limits& limits,
                                  rdf::TripleWriter& writer);
/// How a query of any form is carried out; `runs`: it is, and its steps are measured. Errors: as
/// above.
[[nodiscard]] core::Result<TraversalMetrics> Explain(GraphStore& store, const Query& query,
                                                     const Limits& limits, bool runs);
/// The same of a request's updates. `runs`: they are carried out in a transaction of their own, and
/// that is then given up; nothing stays.
[[nodiscard]] core::Result<TraversalMetrics> Explain(GraphStore& store,
                                                     const UpdateRequest& request,
                                                     const Limits& limits, bool runs);
/// Carries out all operations in one transaction; they are durable when it returns. Errors: as
/// above; kConflict when its turn to write does not come in time.
[[nodiscard]] core::Status Carry(GraphStore& store, const UpdateRequest& request,
                                 const Limits& limits);

}  // namespace gyre::graph::sparql
