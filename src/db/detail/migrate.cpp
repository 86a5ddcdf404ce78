#include "db/detail/migrate.h"

namespace gyre::db::detail {

core::Status ApplyMigrations(Transaction& transaction,
                             const std::function<core::Status(const std::string&)>& run_script,
                             std::string_view where, std::string_view room,
                             const std::vector<Migration>& migrations) {
    for (size_t i = 0; i < migrations.size(); ++i) {
        GYRE_CHECK(migrations[i].number == static_cast<int>(i) + 1);
    }
    GYRE_TRY(run_script(kMakeSchemaTable));
    GYRE_ASSIGN(const auto applied,
                transaction.Query(
                    "SELECT number, name FROM gyre_schema WHERE room = ? ORDER BY number", {room}));
    for (size_t i = 0; i < applied.size(); ++i) {
        if (i >= migrations.size() || applied[i].Int(0) != migrations[i].number ||
            applied[i].Text(1) != migrations[i].name) {
            return core::Fail(core::Code::kFailedPrecondition,
                              std::string(where) + " was written by another version of Gyre (" +
                                  std::string(room) + " schema " +
                                  std::to_string(applied[i].Int(0)) + " '" + applied[i].Text(1) +
                                  "' is unknown): start that version");
        }
    }
    for (size_t i = applied.size(); i < migrations.size(); ++i) {
        GYRE_TRY(run_script(migrations[i].sql));
        GYRE_TRY(transaction.Execute("INSERT INTO gyre_schema VALUES (?, ?, ?)",
                                     {room, migrations[i].number, migrations[i].name}));
    }
    return {};
}

}  // namespace gyre::db::detail
