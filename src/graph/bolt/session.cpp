#include "graph/bolt/session.h"

#include <algorithm>
#include <optional>

#include "graph/bolt/failure.h"
#include "graph/cypher/parse.h"
#include "graph/exec/within_memory.h"
#include "graph/number.h"

namespace gyre::graph::bolt {
namespace {

/// Messages of clients.
enum Tag : uint8_t {
    kHello = 0x01,
    kGoodbye = 0x02,
    kReset = 0x0F,
    kRun = 0x10,
    kBegin = 0x11,
    kCommit = 0x12,
    kRollback = 0x13,
    kDiscard = 0x2F,
    kPull = 0x3F,
    kTelemetry = 0x54,
    kRoute = 0x66,
    kLogon = 0x6A,
    kLogoff = 0x6B,
};
/// And the server's.
constexpr uint8_t kSuccess = 0x70, kRecord = 0x71, kIgnored = 0x7E, kFailure = 0x7F;

constexpr size_t kMaxChunk = 0xFFFF;

const Map& MapOf(const Message& message, size_t field) {
    static const Map none;
    if (field >= message.fields.size()) return none;
    const auto* map = message.fields[field].If<Ptr<Map>>();
    return map != nullptr ? **map : none;
}
std::string TextOf(const Map& map, const char* key) {
    const Value* value = map.Find(Value(key));
    return value != nullptr && value->Is<std::string>() ? value->As<std::string>() : "";
}
int64_t WholeOf(const Map& map, const char* key, int64_t otherwise) {
    const Value* value = map.Find(Value(key));
    return value != nullptr && value->Is<int64_t>() ? value->As<int64_t>() : otherwise;
}
std::optional<core::milliseconds> TimeoutOf(const Map& extra) {
    const int64_t given = WholeOf(extra, "tx_timeout", 0);
    if (given <= 0) return std::nullopt;
    return core::milliseconds(std::min<int64_t>(given, 86'400'000));
}
core::Error OutOfTurn(std::string what) {
    return {core::Code::kInvalidArgument, "Neo.ClientError.Request.Invalid", std::move(what)};
}

}  // namespace

bool Session::Take(std::string_view bytes, std::string& answers) {
    answers_ = &answers;
    const auto message = ReadMessage(bytes);
    if (!message) {
        Fail(message.error());
        return false;
    }
    return Answer(*message);
}

bool Session::Answer(const Message& message) {
    if (message.tag == kGoodbye) return false;
    if (message.tag == kReset && state_ != State::kConnected && state_ != State::kLogon) {
        Reset();
        return true;
    }
    if (state_ == State::kFailed) {
        Ignore();
        return true;
    }
    const bool logs_on = message.tag == kHello || message.tag == kLogon;
    if (logs_on != (state_ == State::kConnected || state_ == State::kLogon)) {
        Fail(OutOfTurn(logs_on ? "this connection is authenticated already"
                               : "this connection is not authenticated yet"));
        return false;
    }
    switch (message.tag) {
        case kHello:
            Hello(MapOf(message, 0));
            break;
        case kLogon:
            LogOn(MapOf(message, 0));
            break;
        case kLogoff:
            RollBack();
            state_ = State::kLogon;
            Success();
            break;
        case kRun:
            RunQuery(message);
            break;
        case kPull:
        case kDiscard:
            Pull(MapOf(message, 0), message.tag == kDiscard);
            break;
        case kBegin:
            Begin(MapOf(message, 0));
            break;
        case kCommit:
            Commit();
            break;
        case kRollback:
            if (state_ != State::kTransaction) {
                Fail(OutOfTurn("there is no transaction to roll back"));
                break;
            }
            RollBack();
            state_ = State::kReady;
            Success();
            break;
        case kRoute:
            Route(message);
            break;
        case kTelemetry:
            Success();
            break;
        default:
            Fail(OutOfTurn("unknown message " + std::to_string(message.tag)));
            return false;
    }
    const bool refused = state_ == State::kFailed && logs_on;
    return !refused;
}

void Session::Hello(const Map& extra) {
    const bool separate = dialect_.major > 5 || (dialect_.major == 5 && dialect_.minor >= 1);
    if (separate) {
        state_ = State::kLogon;
    } else {
        const auto permissions = options_.permit(
            TextOf(extra, "scheme"), TextOf(extra, "principal"), TextOf(extra, "credentials"));
        if (!permissions) return Fail(permissions.error());
        permissions_ = *permissions;
        state_ = State::kReady;
    }
    Success(
        [](PackWriter& w) {
            w.Text("server");
            w.Text("Neo4j/5.4.0");  // drivers refuse names that they do not know
            w.Text("connection_id");
            w.Text("gyre");
            w.Text("hints");
            w.Map(0);
        },
        3);
}

void Session::LogOn(const Map& auth) {
    const auto permissions = options_.permit(TextOf(auth, "scheme"), TextOf(auth, "principal"),
                                             TextOf(auth, "credentials"));
    if (!permissions) return Fail(permissions.error());
    permissions_ = *permissions;
    state_ = State::kReady;
    Success();
}

std::shared_ptr<GraphStore> Session::StoreOf(const Map& extra) const {
    const std::string name = TextOf(extra, "db");
    return options_.graphs->Find(name.empty() || name == "neo4j" ? "g" : name);
}

void Session::RunQuery(const Message& message) {
    const auto* text = message.fields.empty() ? nullptr : message.fields[0].If<std::string>();
    if (text == nullptr) return Fail(OutOfTurn("RUN takes a query"));
    if (std::exchange(expired_, false)) {
        return Fail(core::Error(core::Code::kConflict, "ConcurrentModificationException",
                                "the transaction has been idle for too long, and is rolled back"));
    }
    const Map& extra = MapOf(message, 2);
    const auto store = state_ == State::kTransaction ? store_ : StoreOf(extra);
    if (store == nullptr) {
        return Fail(core::Error(core::Code::kNotFound, "Neo.ClientError.Database.DatabaseNotFound",
                                "there is no graph named '" + TextOf(extra, "db") + "'"));
    }
    const auto query = cypher::Parse(*text, MapOf(message, 1), *options_.procedures);
    if (!query) return Fail(query.error());
    if ((query->writes && !permissions_.write) || (query->removes && !permissions_.remove)) {
        return Fail(core::Error(core::Code::kPermissionDenied, "AccessDeniedException",
                                "not allowed: neptune-db:WriteDataViaQuery or DeleteDataViaQuery"));
    }
    if (const auto served = store->Serves(query->writes, options_.clock->Now()); !served) {
        return Fail(served.error());
    }
    Rows rows;
    rows.wrote = query->writes;
    if (const auto status = RunRows(*text, *query, rows, *store, TimeoutOf(extra)); !status) {
        return Fail(status.error());
    }
    const int64_t id = next_rows_++;
    rows_[id] = std::move(rows);
    Success(
        [&](PackWriter& w) {
            w.Text("fields");
            w.List(query->Columns().size());
            for (const auto& column : query->Columns()) w.Text(column.name);
            w.Text("t_first");
            w.Integer(0);
            w.Text("qid");
            w.Integer(id);
        },
        3);
}

core::Status Session::RunRows(const std::string& text, const plan::RowQuery& query, Rows& rows,
                              GraphStore& store, std::optional<core::milliseconds> timeout) {
    exec::Limits limits;
    limits.max_held = options_.max_held;
    limits.max_bytes = options_.max_bytes;
    if (query.timeout_ms > 0) timeout = core::milliseconds(query.timeout_ms);
    limits.deadline =
        options_.clock->Now() + std::min(timeout.value_or(options_.timeout), options_.timeout);
    if (until_) limits.deadline = std::min(*limits.deadline, *until_);
    const cypher::RunLimits run{*options_.clock, options_.begin(text), limits, &rows.changes};
    size_t bytes = 0;
    const auto take = [&](exec::Context& context, const Values& columns) {
        std::string record;
        PackWriter writer(record);
        writer.Structure(kRecord, 1);
        writer.List(columns.size());
        for (const Value& value : columns) WriteValue(writer, context, dialect_, value);
        bytes += record.size();
        rows.records.push_back(std::move(record));
        if (bytes <= options_.max_result_bytes) return;
        context.Fail(core::Error(core::Code::kResourceExhausted, "MemoryLimitExceededException",
                                 "the result has more bytes than may wait for its client"));
    };
    const auto status = exec::WithinMemory([&]() -> core::Status {
        if (state_ != State::kTransaction) return cypher::Run(store, query, run, take);
        if (query.writes) GYRE_TRY(TurnToWrite(store, *limits.deadline));
        return cypher::RunIn(*transaction_, query, run, take);
    });
    options_.end();
    return status;
}

// The first query that writes begins anew from what is there then.
core::Status Session::TurnToWrite(GraphStore& store, core::SteadyTime deadline) {
    if (transaction_->Writes()) return {};
    auto writer = store.Write(deadline);
    if (!writer) {
        return core::Fail(core::Code::kConflict, "ConcurrentModificationException",
                          "another transaction has been writing for all of this query's time");
    }
    transaction_ = std::move(writer);
    return {};
}

void Session::Pull(const Map& extra, bool discard) {
    int64_t id = WholeOf(extra, "qid", -1);
    if (id < 0) id = next_rows_ - 1;
    const auto found = rows_.find(id);
    if (found == rows_.end()) return Fail(OutOfTurn("there is no result to pull"));
    Rows& rows = found->second;
    int64_t left = WholeOf(extra, "n", -1);
    for (; left != 0 && rows.next < rows.records.size(); --left) {
        std::string& record = rows.records[rows.next++];
        if (!discard) Send(record);
        std::string().swap(record);
    }
    if (rows.next < rows.records.size()) {
        return Success(
            [](PackWriter& w) {
                w.Text("has_more");
                w.Boolean(true);
            },
            1);
    }
    Done(rows);
    rows_.erase(found);
}

// The summary of a query whose rows are all out.
void Session::Done(const Rows& rows) {
    const exec::Changes& made = rows.changes;
    const std::pair<const char*, int64_t> counts[] = {
        {"nodes-created", made.nodes_created},
        {"nodes-deleted", made.nodes_deleted},
        {"relationships-created", made.edges_created},
        {"relationships-deleted", made.edges_deleted},
        {"properties-set", made.properties_set},
        {"labels-added", made.labels_added},
        {"labels-removed", made.labels_removed},
    };
    const auto changed =
        std::ranges::count_if(counts, [](const auto& count) { return count.second > 0; });
    const bool stands_alone = state_ != State::kTransaction;
    Success(
        [&](PackWriter& w) {
            w.Text("type");
            w.Text(rows.wrote ? "rw" : "r");
            w.Text("t_last");
            w.Integer(0);
            w.Text("db");
            w.Text("neo4j");
            if (stands_alone) {
                w.Text("bookmark");
                w.Text("gyre");
            }
            if (changed == 0) return;
            w.Text("stats");
            w.Map(static_cast<size_t>(changed));
            for (const auto& [name, count] : counts) {
                if (count == 0) continue;
                w.Text(name);
                w.Integer(count);
            }
        },
        3U + (stands_alone ? 1U : 0U) + (changed > 0 ? 1U : 0U));
}

void Session::Begin(const Map& extra) {
    if (state_ == State::kTransaction) return Fail(OutOfTurn("a transaction is open already"));
    store_ = StoreOf(extra);
    if (store_ == nullptr) {
        return Fail(core::Error(core::Code::kNotFound, "Neo.ClientError.Database.DatabaseNotFound",
                                "there is no graph named '" + TextOf(extra, "db") + "'"));
    }
    transaction_ = store_->Read();
    if (const auto timeout = TimeoutOf(extra)) until_ = options_.clock->Now() + *timeout;
    state_ = State::kTransaction;
    Success();
}

void Session::Commit() {
    if (state_ != State::kTransaction) return Fail(OutOfTurn("there is no transaction to commit"));
    if (std::exchange(expired_, false)) {
        return Fail(core::Error(core::Code::kConflict, "ConcurrentModificationException",
                                "the transaction has been idle for too long, and is rolled back"));
    }
    if (until_ && options_.clock->Now() >= *until_) {
        return Fail(core::Error(core::Code::kDeadlineExceeded, "TimeLimitExceededException",
                                "the transaction has taken longer than its tx_timeout"));
    }
    const auto status = transaction_->Writes() ? transaction_->Commit() : core::Status();
    RollBack();
    if (!status) return Fail(status.error());
    state_ = State::kReady;
    Success(
        [](PackWriter& w) {
            w.Text("bookmark");
            w.Text("gyre");
        },
        1);
}

void Session::RollBack() {
    rows_.clear();
    transaction_.reset();
    until_.reset();
}

void Session::Expire() {
    if (!Writes()) return;
    RollBack();
    expired_ = true;
}

void Session::Reset() {
    RollBack();
    expired_ = false;
    state_ = State::kReady;
    Success();
}

// One server does everything, at the address by which the client came.
void Session::Route(const Message& message) {
    std::string address = TextOf(MapOf(message, 0), "address");
    if (address.empty()) address = "127.0.0.1:8182";
    Success(
        [&](PackWriter& w) {
            w.Text("rt");
            w.Map(3);
            w.Text("ttl");
            w.Integer(3600);
            w.Text("db");
            w.Text("neo4j");
            w.Text("servers");
            w.List(3);
            for (const char* role : {"ROUTE", "READ", "WRITE"}) {
                w.Map(2);
                w.Text("addresses");
                w.List(1);
                w.Text(address);
                w.Text("role");
                w.Text(role);
            }
        },
        1);
}

void Session::Success(const std::function<void(PackWriter&)>& metadata, size_t members) {
    std::string message;
    PackWriter writer(message);
    writer.Structure(kSuccess, 1);
    writer.Map(members);
    if (metadata) metadata(writer);
    Send(message);
}

void Session::Ignore() {
    std::string message;
    PackWriter(message).Structure(kIgnored, 0);
    Send(message);
}

void Session::Fail(const core::Error& error) {
    RollBack();
    state_ = State::kFailed;
    std::string message;
    PackWriter writer(message);
    writer.Structure(kFailure, 1);
    writer.Map(2);
    writer.Text("code");
    writer.Text(FailureCode(error));
    writer.Text("message");
    writer.Text(error.message);
    Send(message);
}

void Session::Send(const std::string& message) {
    for (size_t at = 0; at < message.size(); at += kMaxChunk) {
        const size_t size = std::min(kMaxChunk, message.size() - at);
        *answers_ += static_cast<char>(size >> 8);
        *answers_ += static_cast<char>(size & 0xFF);
        answers_->append(message, at, size);
    }
    answers_->append(2, '\0');
}

}  // namespace gyre::graph::bolt
