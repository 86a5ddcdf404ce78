#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "graph/bolt/pack_stream.h"
#include "graph/bolt/values.h"
#include "graph/cypher/procedures.h"
#include "graph/cypher/run.h"
#include "graph/graphs.h"
#include "graph/gremlin/run.h"

namespace gyre::graph::bolt {

struct SessionOptions {
    Graphs* graphs = nullptr;
    const cypher::Procedures* procedures = nullptr;
    const core::Clock* clock = nullptr;
    core::milliseconds timeout{120'000};
    uint64_t max_held = 20'000'000;
    uint64_t max_bytes = uint64_t{4} << 30;
    size_t max_result_bytes = size_t{256} << 20;  ///< that wait for a client to pull them
    /// What the user of this scheme ("none", "basic"), name and password may do.
    std::function<core::Result<gremlin::Permissions>(
        const std::string& scheme, const std::string& name, const std::string& password)>
        permit;
    /// Notes a query that begins and ends; the token stops it.
    std::function<core::CancelToken(const std::string& query)> begin;
    std::function<void()> end;
};

/// The server's side of one Bolt connection after its handshake (versions 4.4 and 5.0 to 5.4; "Bolt
/// protocol", Neo4j documentation): takes messages in order and appends answers. A query runs when
/// it comes, and its rows wait here until they are pulled. For one thread at a time; what a
/// transaction has written is forgotten when the session goes.
class Session {
  public:
    Session(SessionOptions options, Dialect dialect)
        : options_(std::move(options)), dialect_(dialect) {}

    /// Appends the answers as chunks. False when the connection is to end after them.
    [[nodiscard]] bool Take(std::string_view message, std::string& answers);
    /// Rolls back a transaction that nobody goes on with, so that others may write.
    void Expire();
    /// Whether it has the turn to write, for which others wait.
    [[nodiscard]] bool Writes() const { return transaction_ && transaction_->Writes(); }

  private:
    enum class State : uint8_t { kConnected, kLogon, kReady, kTransaction, kFailed };
    struct Rows {
        std::vector<std::string> records;
        size_t next = 0;
        bool wrote = false;
        exec::Changes changes;
    };

    [[nodiscard]] bool Answer(const Message& message);
    void Hello(const Map& extra);
    void LogOn(const Map& auth);
    void RunQuery(const Message& message);
    [[nodiscard]] core::Status RunRows(const std::string& text, const plan::RowQuery& query,
                                       Rows& rows, GraphStore& store,
                                       std::optional<core::milliseconds> timeout);
    [[nodiscard]] core::Status TurnToWrite(GraphStore& store, core::SteadyTime deadline);
    void Pull(const Map& extra, bool discard);
    void Begin(const Map& extra);
    void Commit();
    void RollBack();
    void Route(const Message& message);
    void Reset();
    void Done(const Rows& rows);
    [[nodiscard]] std::shared_ptr<GraphStore> StoreOf(const Map& extra) const;

    void Success(const std::function<void(PackWriter&)>& metadata, size_t members);
    void Success() { Success({}, 0); }
    void Ignore();
    void Fail(const core::Error& error);
    void Send(const std::string& message);

    const SessionOptions options_;
    const Dialect dialect_;
    State state_ = State::kConnected;
    gremlin::Permissions permissions_;
    std::shared_ptr<GraphStore> store_;  ///< of the transaction
    std::unique_ptr<Transaction> transaction_;
    std::optional<core::SteadyTime> until_;  ///< the transaction's time, where BEGIN gave it one
    bool expired_ = false;
    int64_t next_rows_ = 0;
    std::map<int64_t, Rows> rows_;  ///< by query id, until they are pulled
    std::string* answers_ = nullptr;
};

}  // namespace gyre::graph::bolt
