#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "db/database.h"

namespace gyre::db {

/// For tests: a new, empty database.
struct TestDatabase {
    std::string kind;  ///< "SQLite" or "PostgreSQL"
    /// Opens it; again and again, and more than once at a time where programs can share it.
    std::function<std::unique_ptr<Database>()> open;
    std::string where;  ///< what Database::Connect takes; "" for SQLite
};

[[nodiscard]] TestDatabase NewSqlite();
/// One of a PostgreSQL server of this program's own, in a temporary folder, which answers on a
/// Unix socket only and ends with the program. Its texts compare as a language's do, so that tests
/// see that ours do not. Where PostgreSQL is not installed there are none.
[[nodiscard]] std::vector<TestDatabase> NewPostgres();
/// One of each kind that this machine has.
[[nodiscard]] std::vector<TestDatabase> EachDatabase();
/// Ends all connections to that PostgreSQL database, as a restart of the server does.
void CutConnections(const TestDatabase& database);

}  // namespace gyre::db
