#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "core/cancel.h"
#include "core/clock.h"
#include "core/result.h"
#include "graph/cypher/procedures.h"
#include "graph/door/query_log.h"
#include "graph/format/message.h"
#include "graph/graphs.h"
#include "graph/gremlin/run.h"

namespace gyre::graph::remote {
struct OutsideSettings;
}

namespace gyre::graph::door {

struct GremlinService {
    Graphs* graphs = nullptr;
    const cypher::Procedures* procedures = nullptr;
    QueryLog* log = nullptr;
    const core::Clock* clock = nullptr;
    core::milliseconds timeout{120'000};
    uint64_t max_held = 20'000'000;
    uint64_t max_bytes = uint64_t{4} << 30;
    std::filesystem::path files;                       ///< as RunOptions'
    const remote::OutsideSettings* outside = nullptr;  ///< where SPARQL's LOAD and SERVICE look
};

/// As a batch's size: all results are one, and wait until the last is there.
constexpr size_t kWhole = SIZE_MAX;

/// A query as it comes by HTTP or by WebSocket.
struct GremlinQuery {
    std::string id;      ///< on the status pages: the request's, or its client's own
    std::string script;  ///< or
    Ptr<Bytecode> bytecode;
    Map bindings;
    std::string source = "g";  ///< the graph's, where the request renames it
    size_t batch = 64;
    bool tokens_only = false;
    std::optional<core::milliseconds> timeout;
    gremlin::Permissions permissions;
    std::function<void(const TraversalMetrics&)> profiled;  ///< as RunOptions'
};
/// The statements of a script, or a bytecode as one. Errors: as ParseScript's.
[[nodiscard]] core::Result<std::vector<gremlin::Statement>> StatementsOf(const GremlinQuery& query);

/// The graph's name: a script says its source's, which the request may map to another.
[[nodiscard]] std::string SourceOf(const GremlinQuery& query,
                                   const std::vector<gremlin::Statement>& statements);

/// Of the arguments of "eval" and "bytecode". Errors: kInvalidArgument.
[[nodiscard]] core::Result<GremlinQuery> ReadQuery(const format::Request& request);
/// What /gremlin/status shows of it.
[[nodiscard]] std::string QueryText(const GremlinQuery& query);

/// Part of a result, written; `last` when it is all.
using TakeBatch = std::function<core::Status(std::string items, size_t count, bool last)>;

/// The transaction that a session's requests share. For one thread at a time; what it has written
/// is forgotten when it goes uncommitted.
class Session {
  public:
    /// Runs in the transaction, which begins with a snapshot and, with the first query that writes,
    /// anew with the turn to write; "commit" and "rollback" end it. An error rolls all of it back.
    [[nodiscard]] core::Status Run(GraphStore& store, const gremlin::Prepared& prepared,
                                   const core::Clock& clock, const core::CancelToken& cancel,
                                   const gremlin::RunOptions& options, const gremlin::Take& take);
    void RollBack() { graph_.reset(); }
    [[nodiscard]] bool Writes() const { return graph_ && graph_->Writes(); }
    /// Rolled back for being idle; the next request hears of it.
    void Expire() {
        graph_.reset();
        expired_ = true;
    }

  private:
    std::unique_ptr<Transaction> graph_;
    bool expired_ = false;
};

/// Runs a query that the log has accepted, giving batches: at least one, of a writing query none
/// before it is durable. In a session where one is given; there what it writes waits for its
/// commit.
[[nodiscard]] core::Status Answer(const GremlinService& service, const GremlinQuery& query,
                                  format::Mime mime, const core::CancelToken& cancel,
                                  Session* session, const TakeBatch& take);

}  // namespace gyre::graph::door
