#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/cancel.h"
#include "core/clock.h"
#include "core/result.h"
#include "graph/exec/context.h"
#include "graph/gremlin/parser.h"
#include "graph/plan/step.h"
#include "graph/storage/graph_store.h"

namespace gyre::graph::gremlin {

/// What a caller may do, beside reading.
struct Permissions {
    bool write = true;
    bool remove = true;
};

struct RunOptions {
    core::milliseconds timeout{120'000};  ///< a query's own evaluationTimeout takes its place
    uint64_t max_held = 20'000'000;
    uint64_t max_bytes = uint64_t{4} << 30;
    std::filesystem::path files;  ///< the folder of io()'s files; empty: none
    Rules rules;
    Permissions permissions;
    bool read_only_server = false;
    /// Called with how the last statement's steps did their work; null: nobody measures.
    std::function<void(const TraversalMetrics&)> profiled;
};

/// Gets each result as it comes; an error ends the query. Valid during the call: the context reads
/// elements.
using Take = std::function<core::Status(exec::Context& context, const Value& value, int64_t bulk)>;

/// Statements that were compiled and permitted.
struct Prepared {
    std::vector<Statement> statements;
    std::vector<plan::Query> queries;  ///< of those that are traversals, in their order
    bool writes = false;
    core::milliseconds timeout{0};  ///< 0: none
};
/// Errors: as Compile's, with the place in `script` where that is not empty; kPermissionDenied.
[[nodiscard]] core::Result<Prepared> Prepare(std::vector<Statement> statements,
                                             std::string_view script, const RunOptions& options);

/// Runs them in a transaction of the caller's, who commits it, and gives the last one's results.
[[nodiscard]] core::Status RunIn(Transaction& graph, const Prepared& prepared,
                                 const core::Clock& clock, const core::CancelToken& cancel,
                                 const RunOptions& options, const Take& take);

/// Runs them in one transaction of their own. Writes are durable when it returns; on an error
/// nothing has changed. Results are given before the commit: of writing statements the caller must
/// not pass them on until this returns. Errors: the steps'; kConflict when the turn to write does
/// not come in the query's time.
[[nodiscard]] core::Status Run(GraphStore& store, const Prepared& prepared,
                               const core::Clock& clock, const core::CancelToken& cancel,
                               const RunOptions& options, const Take& take);

}  // namespace gyre::graph::gremlin
