#include "db/detail/postgres_connection.h"

#include <array>
#include <bit>
#include <charconv>
#include <cstring>

#include "core/log.h"
#include "db/detail/postgres_sql.h"
#include "db/detail/run_work.h"

namespace gyre::db::detail {
namespace {

using core::Code;

// More texts than this means that one is built from values; the cache then starts anew.
constexpr size_t kMostPrepared = 256;
// Any number; whoever holds its lock is the one that writes.
constexpr auto kLockWriters = "SELECT pg_advisory_xact_lock(8390073)";
constexpr size_t kLongestMessage = 7900;  // PostgreSQL's limit is 8000 bytes

// Of pg_type: fixed for ever, and no header that clients have names them.
constexpr Oid kBool = 16;
constexpr Oid kBytea = 17;
constexpr Oid kName = 19;
constexpr Oid kInt8 = 20;
constexpr Oid kInt2 = 21;
constexpr Oid kInt4 = 23;
constexpr Oid kText = 25;
constexpr Oid kFloat4 = 700;
constexpr Oid kFloat8 = 701;
constexpr Oid kUnknown = 705;
constexpr Oid kVarchar = 1043;
constexpr Oid kVoid = 2278;

Code CodeOfState(std::string_view state) {
    if (state == "23505") return Code::kAlreadyExists;  // unique_violation
    if (state == "22021" || state == "22P05") {         // a NUL, or what is no UTF-8
        return Code::kInvalidArgument;
    }
    if (state == "40001" || state == "40P01" || state == "55P03" || state == "57014") {
        return Code::kUnavailable;  // lost a race, or waited too long for a lock
    }
    const std::string_view kind = state.substr(0, 2);
    if (kind == "23") return Code::kFailedPrecondition;  // another constraint
    if (kind == "53") return Code::kResourceExhausted;   // disk, memory, connections
    if (kind == "54") return Code::kInvalidArgument;     // too large
    if (kind == "08" || kind == "57") return Code::kUnavailable;
    if (kind == "XX") return state == "XX000" ? Code::kInternal : Code::kDataLoss;
    return Code::kInternal;
}

std::string Trimmed(const char* text) {
    std::string trimmed = text == nullptr ? "" : text;
    while (!trimmed.empty() && (trimmed.back() == '\n' || trimmed.back() == ' ')) {
        trimmed.pop_back();
    }
    return trimmed;
}

template <typename Number>
Number FromNetwork(const char* bytes) {
    Number number{};
    std::memcpy(&number, bytes, sizeof number);
    if constexpr (sizeof number == 2) return static_cast<Number>(__builtin_bswap16(number));
    if constexpr (sizeof number == 4) return static_cast<Number>(__builtin_bswap32(number));
    if constexpr (sizeof number == 8) return static_cast<Number>(__builtin_bswap64(number));
}

core::Result<Value> FieldOf(const PGresult* result, int row, int column) {
    if (PQgetisnull(result, row, column) != 0) return Value();
    const char* bytes = PQgetvalue(result, row, column);
    const auto size = static_cast<size_t>(PQgetlength(result, row, column));
    switch (const Oid type = PQftype(result, column)) {
        case kInt8:
            return Value(static_cast<int64_t>(FromNetwork<uint64_t>(bytes)));
        case kInt4:
            return Value(static_cast<int32_t>(FromNetwork<uint32_t>(bytes)));
        case kInt2:
            return Value(static_cast<int16_t>(FromNetwork<uint16_t>(bytes)));
        case kBool:
            return Value(bytes[0] != 0 ? 1 : 0);
        case kFloat8:
            return Value(std::bit_cast<double>(FromNetwork<uint64_t>(bytes)));
        case kFloat4:
            return Value(static_cast<double>(std::bit_cast<float>(FromNetwork<uint32_t>(bytes))));
        case kText:
        case kVarchar:
        case kName:
        case kUnknown:
        case kBytea:
            return Value(std::string(bytes, size));
        case kVoid:
            return Value();
        default:
            return core::Fail(Code::kInternal, "a column has a type that is not read here (" +
                                                   std::to_string(type) + "): cast it");
    }
}

char TypeLetter(const Value& value) {
    return "nids"[value.Get().index()];
}

}  // namespace

core::Result<ConnectionHandle> ConnectTo(const std::string& where) {
    // What `where` says comes last and counts. While something that was sent is not acknowledged,
    // keepalives do not count, but tcp_user_timeout (in ms).
    const std::array<const char*, 9> keywords = {"application_name",
                                                 "client_encoding",
                                                 "connect_timeout",
                                                 "keepalives_idle",
                                                 "keepalives_interval",
                                                 "keepalives_count",
                                                 "tcp_user_timeout",
                                                 "dbname",
                                                 nullptr};
    const std::array<const char*, 9> values = {"gyre", "UTF8",  "5",           "10",   "5",
                                               "3",    "25000", where.c_str(), nullptr};
    ConnectionHandle handle(PQconnectdbParams(keywords.data(), values.data(), 1));
    // libpq would print what the server remarks.
    PQsetNoticeProcessor(handle.get(), [](void*, const char*) {}, nullptr);
    if (PQstatus(handle.get()) != CONNECTION_OK) {
        return core::Fail(Code::kUnavailable,
                          "PostgreSQL cannot be reached: " + Trimmed(PQerrorMessage(handle.get())));
    }
    return handle;
}

std::string NameOf(const PGconn* handle) {
    const char* host = PQhost(handle);
    return std::string("the database ") + PQdb(handle) +
           (host != nullptr && *host != '\0' ? std::string(" at ") + host : "");
}

core::Result<std::unique_ptr<PostgresConnection>> PostgresConnection::Open(const std::string& where,
                                                                           std::string sender) {
    GYRE_ASSIGN(ConnectionHandle handle, ConnectTo(where));
    std::unique_ptr<PostgresConnection> connection(
        new PostgresConnection(std::move(handle), std::move(sender)));
    // A program that hangs in the midst of a transaction holds up all others, until it is thrown
    // out; and one that is gone without a word is noticed.
    GYRE_TRY(connection->Command(
        "SET lock_timeout = '10s'; SET idle_in_transaction_session_timeout = '60s';"
        "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5;"
        "SET tcp_keepalives_count = 3; SET client_min_messages = warning;"
        "SET standard_conforming_strings = on"));
    return connection;
}

bool PostgresConnection::Usable() const {
    return PQstatus(handle_.get()) == CONNECTION_OK &&
           PQtransactionStatus(handle_.get()) == PQTRANS_IDLE;
}

core::Error PostgresConnection::ErrorOf(const PGresult* result, std::string_view doing) const {
    const char* state = result == nullptr ? nullptr : PQresultErrorField(result, PG_DIAG_SQLSTATE);
    std::string text = Trimmed(result == nullptr ? nullptr : PQresultErrorMessage(result));
    if (text.empty()) text = Trimmed(PQerrorMessage(handle_.get()));
    const bool broken = PQstatus(handle_.get()) != CONNECTION_OK;
    const Code code = broken             ? Code::kUnavailable
                      : state == nullptr ? Code::kInternal
                                         : CodeOfState(state);
    return core::Error(code, "PostgreSQL, " + std::string(doing) + ": " + text);
}

core::Status PostgresConnection::Command(const char* sql) {
    const Answer answer(PQexec(handle_.get(), sql));
    const ExecStatusType status = PQresultStatus(answer.get());
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return {};
    return core::Fail(ErrorOf(answer.get(), sql));
}

core::Status PostgresConnection::RunScript(const std::string& sql) {
    const Answer answer(PQexec(handle_.get(), ToPostgresSchema(sql).c_str()));
    const ExecStatusType status = PQresultStatus(answer.get());
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY) {
        return {};
    }
    return core::Fail(ErrorOf(answer.get(), "run"));
}

core::Result<std::string> PostgresConnection::Prepare(std::string_view sql,
                                                      const Parameters& parameters) {
    std::string key(sql);
    key += '\0';
    for (const Value& value : parameters) key += TypeLetter(value);
    const auto found = statements_.find(key);
    if (found != statements_.end()) return found->second;
    if (statements_.size() >= kMostPrepared) {
        GYRE_TRY(Command("DEALLOCATE ALL"));
        statements_.clear();
    }
    // Numbers say their type, so that "SELECT ?" gives a number back. Texts do not: they may be
    // meant for a column of bytes.
    std::vector<Oid> types;
    for (const Value& value : parameters) {
        const char letter = TypeLetter(value);
        types.push_back(letter == 'i' ? kInt8 : letter == 'd' ? kFloat8 : 0);
    }
    std::string name = "s" + std::to_string(statements_.size());
    const Answer answer(PQprepare(handle_.get(), name.c_str(), NumberParameters(sql).c_str(),
                                  static_cast<int>(types.size()), types.data()));
    if (PQresultStatus(answer.get()) != PGRES_COMMAND_OK) {
        return core::Fail(ErrorOf(answer.get(), "prepare"));
    }
    statements_.emplace(std::move(key), name);
    return name;
}

core::Result<PostgresConnection::Answer> PostgresConnection::Run(std::string_view sql,
                                                                 const Parameters& parameters) {
    GYRE_ASSIGN(const std::string name, Prepare(sql, parameters));
    const size_t count = parameters.size();
    std::vector<uint64_t> numbers(count);
    std::vector<const char*> values(count);
    std::vector<int> lengths(count);
    const std::vector<int> formats(count, 1);  // binary, of which a text is its bytes
    for (size_t i = 0; i < count; ++i) {
        const Value::Held& held = parameters[i].Get();
        if (const auto* text = std::get_if<std::string>(&held)) {
            values[i] = text->data();
            lengths[i] = static_cast<int>(text->size());
            continue;
        }
        if (const auto* number = std::get_if<int64_t>(&held)) {
            numbers[i] = __builtin_bswap64(static_cast<uint64_t>(*number));
        } else if (const auto* real = std::get_if<double>(&held)) {
            numbers[i] = __builtin_bswap64(std::bit_cast<uint64_t>(*real));
        } else {
            continue;  // null
        }
        values[i] = reinterpret_cast<const char*>(&numbers[i]);
        lengths[i] = sizeof(uint64_t);
    }
    Answer answer(PQexecPrepared(handle_.get(), name.c_str(), static_cast<int>(count),
                                 values.data(), lengths.data(), formats.data(), 1));
    const ExecStatusType status = PQresultStatus(answer.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        return core::Fail(ErrorOf(answer.get(), "execute"));
    }
    return answer;
}

core::Result<int64_t> PostgresConnection::Execute(std::string_view sql,
                                                  const Parameters& parameters) {
    GYRE_ASSIGN(const Answer answer, Run(sql, parameters));
    int64_t changed = 0;
    const std::string_view text = PQcmdTuples(answer.get());
    std::from_chars(text.data(), text.data() + text.size(), changed);
    return changed;
}

core::Result<std::vector<Row>> PostgresConnection::Query(std::string_view sql,
                                                         const Parameters& parameters) {
    GYRE_ASSIGN(const Answer answer, Run(sql, parameters));
    const int count = PQntuples(answer.get());
    const int columns = PQnfields(answer.get());
    std::vector<Row> rows;
    rows.reserve(static_cast<size_t>(count));
    for (int row = 0; row < count; ++row) {
        std::vector<Value> values;
        values.reserve(static_cast<size_t>(columns));
        for (int column = 0; column < columns; ++column) {
            GYRE_ASSIGN(Value value, FieldOf(answer.get(), row, column));
            values.push_back(std::move(value));
        }
        rows.emplace_back(std::move(values));
    }
    return rows;
}

core::Status PostgresConnection::Announce(std::string_view channel, std::string_view message) {
    std::string payload = sender_;
    payload += ' ';
    payload += channel;
    payload += ' ';
    payload += message;
    if (payload.size() > kLongestMessage) {
        return core::Fail(Code::kInvalidArgument, "an announcement is too long");
    }
    GYRE_TRY(Query("SELECT pg_notify(?, ?)", {kNotifyChannel, std::move(payload)}));
    return {};
}

core::Status PostgresConnection::InTransaction(
    Use use, const std::function<core::Status(Transaction&)>& work) {
    // Behind the lock each statement sees all that earlier writers committed.
    GYRE_TRY(Command(use == Use::kWrite ? "BEGIN ISOLATION LEVEL READ COMMITTED"
                                        : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
    core::Status done = use == Use::kWrite ? Command(kLockWriters) : core::Status();
    if (done) done = RunWork(work, *this);
    const bool undone = PQtransactionStatus(handle_.get()) == PQTRANS_INERROR;
    if (done && undone && use == Use::kWrite) {
        done = core::Fail(Code::kInternal,
                          "a statement failed, and its transaction went on as if it had not");
    }
    if (done && !undone) {
        done = Command("COMMIT");
        if (!done && PQstatus(handle_.get()) != CONNECTION_OK && use == Use::kWrite) {
            done.error().message += " (whether the change was kept is not known)";
        }
    }
    if (PQstatus(handle_.get()) == CONNECTION_OK &&
        PQtransactionStatus(handle_.get()) != PQTRANS_IDLE) {
        if (const auto back = Command("ROLLBACK"); !back) {
            core::LogError("rollback failed", {{"error", back.error().ToString()}});
        }
    }
    return done;
}

}  // namespace gyre::db::detail
