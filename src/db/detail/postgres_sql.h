#pragma once

#include <string>
#include <string_view>

namespace gyre::db::detail {

/// The text with $1, $2… in the place of its question marks, but for those within quotes.
[[nodiscard]] std::string NumberParameters(std::string_view sql);

/// A migration as PostgreSQL takes it: its columns of text compare by their bytes, as SQLite's do,
/// whatever collation the database was made with, and a BLOB is a BYTEA.
[[nodiscard]] std::string ToPostgresSchema(std::string_view sql);

}  // namespace gyre::db::detail
