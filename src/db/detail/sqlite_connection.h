#pragma once

#include <sqlite3.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "db/database.h"

namespace gyre::db::detail {

/// One connection with its prepared statements. Not thread-safe.
class SqliteConnection final : public Transaction {
  public:
    enum class Use { kWrite, kRead };
    [[nodiscard]] static core::Result<std::unique_ptr<SqliteConnection>> Open(
        const std::filesystem::path& path, Use use);

    [[nodiscard]] core::Result<int64_t> Execute(std::string_view sql,
                                                const Parameters& parameters) override;
    [[nodiscard]] core::Result<std::vector<Row>> Query(std::string_view sql,
                                                       const Parameters& parameters) override;
    /// Several statements, without parameters, not kept.
    [[nodiscard]] core::Status RunScript(const std::string& sql);
    /// Between "BEGIN…" and COMMIT; ROLLBACK when `work` fails.
    [[nodiscard]] core::Status InTransaction(std::string_view begin,
                                             const std::function<core::Status(Transaction&)>& work);

  private:
    struct Close {
        void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
    };
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
    };
    explicit SqliteConnection(sqlite3* handle) : handle_(handle) {}
    [[nodiscard]] core::Result<sqlite3_stmt*> Prepare(std::string_view sql,
                                                      const Parameters& parameters);
    [[nodiscard]] core::Error LastError(std::string_view doing) const;

    std::unique_ptr<sqlite3, Close> handle_;
    std::map<std::string, std::unique_ptr<sqlite3_stmt, Finalize>, std::less<>> statements_;
};

}  // namespace gyre::db::detail
