#include "db/detail/sqlite_connection.h"

#include "core/log.h"
#include "db/detail/run_work.h"

namespace gyre::db::detail {
namespace {

using core::Code;

// More texts than this means that one is built from values; the cache then starts anew.
constexpr size_t kMostStatements = 256;
constexpr int kBusyMilliseconds = 5000;

Code CodeOf(int extended) {
    switch (extended) {
        case SQLITE_CONSTRAINT_PRIMARYKEY:
        case SQLITE_CONSTRAINT_UNIQUE:
        case SQLITE_CONSTRAINT_ROWID:
            return Code::kAlreadyExists;
        default:
            break;
    }
    switch (extended & 0xff) {
        case SQLITE_CONSTRAINT:
            return Code::kFailedPrecondition;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return Code::kDataLoss;
        case SQLITE_FULL:
            return Code::kResourceExhausted;
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return Code::kUnavailable;
        case SQLITE_TOOBIG:
            return Code::kInvalidArgument;
        default:
            return Code::kInternal;
    }
}

/// Makes a statement ready for its next use however this one ends.
class Resetting {
  public:
    explicit Resetting(sqlite3_stmt* statement) : statement_(statement) {}
    ~Resetting() {
        sqlite3_reset(statement_);
        sqlite3_clear_bindings(statement_);
    }
    Resetting(const Resetting&) = delete;
    Resetting& operator=(const Resetting&) = delete;

  private:
    sqlite3_stmt* statement_;
};

// The bytes stay where they are until the statement is reset, so they are not copied.
int Bind(sqlite3_stmt* statement, int index, const Value& value) {
    const Value::Held& held = value.Get();
    if (const auto* number = std::get_if<int64_t>(&held)) {
        return sqlite3_bind_int64(statement, index, *number);
    }
    if (const auto* real = std::get_if<double>(&held)) {
        return sqlite3_bind_double(statement, index, *real);
    }
    if (const auto* text = std::get_if<std::string>(&held)) {
        return sqlite3_bind_text64(statement, index, text->data(), text->size(), SQLITE_STATIC,
                                   SQLITE_UTF8);
    }
    return sqlite3_bind_null(statement, index);
}

Value Column(sqlite3_stmt* statement, int column) {
    switch (sqlite3_column_type(statement, column)) {
        case SQLITE_INTEGER:
            return {static_cast<int64_t>(sqlite3_column_int64(statement, column))};
        case SQLITE_FLOAT:
            return {sqlite3_column_double(statement, column)};
        case SQLITE_NULL:
            return {};
        default: {
            const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement, column));
            const auto size = static_cast<size_t>(sqlite3_column_bytes(statement, column));
            return {std::string(bytes ? bytes : "", size)};
        }
    }
}

}  // namespace

core::Error SqliteConnection::LastError(std::string_view doing) const {
    return {CodeOf(sqlite3_extended_errcode(handle_.get())),
            "database: " + std::string(doing) + ": " + sqlite3_errmsg(handle_.get())};
}

core::Result<std::unique_ptr<SqliteConnection>> SqliteConnection::Open(
    const std::filesystem::path& path, Use use) {
    sqlite3* handle = nullptr;
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    const int opened = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
    std::unique_ptr<SqliteConnection> connection(new SqliteConnection(handle));
    if (opened != SQLITE_OK) return core::Fail(connection->LastError("open " + path.string()));
    sqlite3_extended_result_codes(handle, 1);
    sqlite3_busy_timeout(handle, kBusyMilliseconds);
    // FULL: the write-ahead log is synced at each commit, so that a commit outlives a power cut.
    core::Status ready = connection->RunScript(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
        "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA temp_store=MEMORY;"
        "PRAGMA cache_size=-8000; PRAGMA journal_size_limit=67108864; PRAGMA "
        "wal_autocheckpoint=4000;");
    if (ready && use == Use::kRead) ready = connection->RunScript("PRAGMA query_only=ON;");
    if (!ready) return core::Fail(std::move(ready.error()).In("open " + path.string()));
    return connection;
}

core::Result<sqlite3_stmt*> SqliteConnection::Prepare(std::string_view sql,
                                                      const Parameters& parameters) {
    auto found = statements_.find(sql);
    if (found == statements_.end()) {
        if (statements_.size() >= kMostStatements) statements_.clear();
        sqlite3_stmt* statement = nullptr;
        if (sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                               SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK) {
            return core::Fail(LastError("prepare"));
        }
        found = statements_.emplace(std::string(sql), statement).first;
    }
    sqlite3_stmt* statement = found->second.get();
    GYRE_CHECK(sqlite3_bind_parameter_count(statement) == static_cast<int>(parameters.size()));
    for (size_t i = 0; i < parameters.size(); ++i) {
        if (Bind(statement, static_cast<int>(i) + 1, parameters[i]) != SQLITE_OK) {
            core::Error error = LastError("bind");
            const Resetting reset(statement);
            return core::Fail(std::move(error));
        }
    }
    return statement;
}

core::Result<int64_t> SqliteConnection::Execute(std::string_view sql,
                                                const Parameters& parameters) {
    GYRE_ASSIGN(sqlite3_stmt* const statement, Prepare(sql, parameters));
    const Resetting reset(statement);
    int outcome = SQLITE_ROW;
    while (outcome == SQLITE_ROW) outcome = sqlite3_step(statement);
    if (outcome != SQLITE_DONE) return core::Fail(LastError("execute"));
    return sqlite3_changes64(handle_.get());
}

core::Result<std::vector<Row>> SqliteConnection::Query(std::string_view sql,
                                                       const Parameters& parameters) {
    GYRE_ASSIGN(sqlite3_stmt* const statement, Prepare(sql, parameters));
    const Resetting reset(statement);
    std::vector<Row> rows;
    int outcome = SQLITE_DONE;
    while ((outcome = sqlite3_step(statement)) == SQLITE_ROW) {
        const int columns = sqlite3_column_count(statement);
        std::vector<Value> values;
        values.reserve(static_cast<size_t>(columns));
        for (int i = 0; i < columns; ++i) values.push_back(Column(statement, i));
        rows.emplace_back(std::move(values));
    }
    if (outcome != SQLITE_DONE) return core::Fail(LastError("query"));
    return rows;
}

core::Status SqliteConnection::RunScript(const std::string& sql) {
    if (sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
        return core::Fail(LastError("run"));
    }
    return {};
}

core::Status SqliteConnection::InTransaction(
    std::string_view begin, const std::function<core::Status(Transaction&)>& work) {
    GYRE_TRY(Execute(begin, {}));
    core::Status done = RunWork(work, *this);
    if (done) {
        if (const auto committed = Execute("COMMIT", {}); !committed) {
            done = core::Fail(committed.error());
        }
    }
    // Some errors undo the transaction by themselves; then there is none any more.
    if (!done && sqlite3_get_autocommit(handle_.get()) == 0) {
        if (const auto undone = Execute("ROLLBACK", {}); !undone) {
            core::LogError("rollback failed", {{"error", undone.error().ToString()}});
        }
    }
    return done;
}

}  // namespace gyre::db::detail
