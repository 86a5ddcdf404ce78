#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "db/value.h"

namespace gyre::db {

/// One transaction, lent to the function that Database::Write or Read calls; used on its thread
/// only. The SQL is kept to what SQLite and PostgreSQL share, with ? for parameters; each text is
/// prepared once, so build it from few shapes and pass values as parameters. After an error the
/// work returns one too, or goes back to a savepoint: PostgreSQL goes on with nothing else.
class Transaction {
  public:
    virtual ~Transaction() = default;
    /// The number of rows changed. Errors: kAlreadyExists for a unique or primary key that is
    /// taken, kFailedPrecondition for another constraint.
    [[nodiscard]] virtual core::Result<int64_t> Execute(std::string_view sql,
                                                        const Parameters& parameters = {}) = 0;
    [[nodiscard]] virtual core::Result<std::vector<Row>> Query(
        std::string_view sql, const Parameters& parameters = {}) = 0;
    /// The first row, or nullopt when there is none.
    [[nodiscard]] core::Result<std::optional<Row>> QueryOne(std::string_view sql,
                                                            const Parameters& parameters = {});
    /// Tells the other programs over the database, once the transaction is committed: see
    /// Database::Listen. At most 7 KiB. Nothing where there can be no other.
    [[nodiscard]] virtual core::Status Announce(std::string_view channel, std::string_view message);
};

/// One step of a room's schema. `sql` may hold several statements. Types are TEXT (UTF-8 without
/// NULs), BLOB (bytes, which go in and come out as texts), BIGINT and DOUBLE PRECISION.
struct Migration {
    int number = 0;  ///< 1, 2, 3…
    std::string name;
    std::string sql;
};

/// The platform's SQL database. Writes are one at a time and durable when Write returns; reads see
/// a snapshot and neither wait for a write nor hold one up. Thread-safe. Of a database that several
/// programs share, writes are one at a time among all of them.
///
/// Errors of every call: kDataLoss when stored pages are damaged, kResourceExhausted when the disk
/// is full, kUnavailable when another program holds the database for too long, or when a database
/// on the network cannot be reached (the next call tries again).
class Database {
  public:
    virtual ~Database() = default;

    /// The SQLite database in that file, made when absent; its folder must exist.
    [[nodiscard]] static core::Result<std::unique_ptr<Database>> Open(
        const std::filesystem::path& path);
    /// The PostgreSQL database that `where` names, a URI ("postgresql://user@host/name") or libpq's
    /// keywords. Several programs may share it. Errors: kUnavailable, with what libpq says.
    [[nodiscard]] static core::Result<std::unique_ptr<Database>> Connect(const std::string& where);

    /// Runs `work` in a transaction that is committed when it returns no error, and undone when it
    /// returns one, which is passed on. Not from within `work`.
    [[nodiscard]] virtual core::Status Write(
        const std::function<core::Status(Transaction&)>& work) = 0;
    /// Runs `work` over a snapshot. Not from within `work`; from within Write's it sees the state
    /// before that transaction.
    [[nodiscard]] virtual core::Status Read(
        const std::function<core::Status(Transaction&)>& work) = 0;

    /// Brings a room's tables up to the last of `migrations` (numbered from 1), all in one
    /// transaction. Errors: kFailedPrecondition when the database has one that is not in the list:
    /// it was written by a newer program.
    [[nodiscard]] virtual core::Status Migrate(std::string_view room,
                                               const std::vector<Migration>& migrations) = 0;

    /// Reads everything; slow. Errors: kDataLoss with what is damaged. Of PostgreSQL only whether
    /// it answers: its own tools (pg_amcheck) check it.
    [[nodiscard]] virtual core::Status CheckIntegrity() = 0;

    /// Whether other programs may change what is here.
    [[nodiscard]] virtual bool Shared() const { return false; }
    using Listener = std::function<void(const std::optional<std::string>& message)>;
    /// Calls `listener` with each message that another program announced on `channel` from now on
    /// (this one's own are left out), or with nullopt when some may have been missed: then
    /// everything may have changed. On a thread of the database's; it must not end a subscription
    /// there. The subscription ends when the returned handle goes, which waits for a call in
    /// progress. Where nothing is shared nobody calls.
    [[nodiscard]] virtual std::shared_ptr<void> Listen(std::string channel, Listener listener);
};

}  // namespace gyre::db
