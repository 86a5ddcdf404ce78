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
/// prepared once, so build it from few shapes and pass values as parameters.
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
};

/// One step of a room's schema. `sql` may hold several statements.
struct Migration {
    int number = 0;  ///< 1, 2, 3…
    std::string name;
    std::string sql;
};

/// The platform's SQL database. Writes are one at a time and durable when Write returns; reads see
/// a snapshot and neither wait for a write nor hold one up. Thread-safe.
///
/// Errors of every call: kDataLoss when stored pages are damaged, kResourceExhausted when the disk
/// is full, kUnavailable when another program holds the database for too long.
class Database {
  public:
    virtual ~Database() = default;

    /// The SQLite database in that file, made when absent; its folder must exist.
    [[nodiscard]] static core::Result<std::unique_ptr<Database>> Open(
        const std::filesystem::path& path);

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

    /// Reads everything; slow. Errors: kDataLoss with what is damaged.
    [[nodiscard]] virtual core::Status CheckIntegrity() = 0;
};

}  // namespace gyre::db
