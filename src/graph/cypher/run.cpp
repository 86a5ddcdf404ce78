#include "graph/cypher/run.h"

#include "graph/exec/rows.h"

namespace gyre::graph::cypher {

core::Status RunIn(Transaction& graph, const plan::RowQuery& query, const RunLimits& limits,
                   const TakeRow& take) {
    const plan::Query none;
    exec::Context context(graph, none, limits.clock, limits.cancel, limits.limits);
    context.profile = limits.profile;
    {
        exec::RowPipeline pipeline(query.all, query.width, context);
        Values columns;
        while (pipeline.Next(columns)) {
            if (query.Columns().empty()) continue;
            context.Hold();
            take(context, columns);
        }
    }
    if (context.Failed()) return core::Fail(context.Failure());
    if (limits.changes != nullptr) *limits.changes = context.changes;
    return graph.Health();
}

core::Status Run(GraphStore& store, const plan::RowQuery& query, const RunLimits& limits,
                 const TakeRow& take) {
    const auto graph = query.writes
                           ? store.Write(limits.limits.deadline.value_or(core::SteadyTime::max()))
                           : store.Read();
    if (!graph) {
        return core::Fail(core::Code::kConflict, "ConcurrentModificationException",
                          "another transaction has been writing for all of this query's time");
    }
    GYRE_TRY(RunIn(*graph, query, limits, take));
    return query.writes ? graph->Commit() : core::Status();
}

}  // namespace gyre::graph::cypher
