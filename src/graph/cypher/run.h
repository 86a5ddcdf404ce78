#pragma once

#include <functional>

#include "core/result.h"
#include "graph/exec/context.h"
#include "graph/plan/row.h"
#include "graph/storage/graph_store.h"

namespace gyre::graph::cypher {

struct RunLimits {
    const core::Clock& clock;
    core::CancelToken cancel;
    exec::Limits limits;
    exec::Changes* changes = nullptr;  ///< where what it did is noted; may be null
    exec::Profile* profile = nullptr;  ///< where its steps are measured; may be null
};
/// Takes the columns of one row; values are read through the context while it lasts.
using TakeRow = std::function<void(exec::Context& context, const Values& columns)>;

/// Runs the query in a transaction, which it does not commit. Errors: what the query fails with.
[[nodiscard]] core::Status RunIn(Transaction& graph, const plan::RowQuery& query,
                                 const RunLimits& limits, const TakeRow& take);

/// Runs the query in a transaction of its own; what it wrote is durable when it returns. Errors:
/// as above; kConflict when its turn to write does not come in time.
[[nodiscard]] core::Status Run(GraphStore& store, const plan::RowQuery& query,
                               const RunLimits& limits, const TakeRow& take);

}  // namespace gyre::graph::cypher
