#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "db/database.h"

namespace gyre::db::detail {

/// Where the steps that were applied are listed.
inline constexpr auto kMakeSchemaTable =
    "CREATE TABLE IF NOT EXISTS gyre_schema (room TEXT NOT NULL, number BIGINT NOT NULL, "
    "name TEXT NOT NULL, PRIMARY KEY (room, number))";

/// Database::Migrate within `transaction`; `run_script` runs several statements there, and
/// `where` is what users know the database by.
[[nodiscard]] core::Status ApplyMigrations(
    Transaction& transaction, const std::function<core::Status(const std::string&)>& run_script,
    std::string_view where, std::string_view room, const std::vector<Migration>& migrations);

}  // namespace gyre::db::detail
