#include "core/file_system.h"
#include "core/guarded.h"
#include "db/database.h"
#include "db/detail/migrate.h"
#include "db/detail/sqlite_connection.h"
#include "db/detail/writer_turn.h"

namespace gyre::db {
namespace {

using core::Code;
using core::Status;
using detail::SqliteConnection;
using Work = std::function<Status(Transaction&)>;

constexpr size_t kMostReaders = 4;

class SqliteDatabase final : public Database {
  public:
    SqliteDatabase(std::filesystem::path path, std::unique_ptr<SqliteConnection> writer)
        : path_(std::move(path)), writer_(std::move(writer)) {}

    Status Write(const Work& work) override {
        return turn_.Run([&] { return writer_->InTransaction("BEGIN IMMEDIATE", work); });
    }

    Status Read(const Work& work) override {
        GYRE_ASSIGN(auto reader, TakeReader());
        Status done = reader->InTransaction("BEGIN", work);
        GiveBack(std::move(reader));
        return done;
    }

    Status Migrate(std::string_view room, const std::vector<Migration>& migrations) override {
        return Write([&](Transaction& transaction) {
            return detail::ApplyMigrations(
                transaction, [&](const std::string& sql) { return writer_->RunScript(sql); },
                path_.string(), room, migrations);
        });
    }

    Status CheckIntegrity() override {
        return Read([](Transaction& transaction) -> Status {
            GYRE_ASSIGN(const auto problems, transaction.Query("PRAGMA integrity_check(1)"));
            if (problems.empty() || problems.front().Text(0) == "ok") return {};
            return core::Fail(Code::kDataLoss, "database is damaged: " + problems.front().Text(0));
        });
    }

  private:
    core::Result<std::unique_ptr<SqliteConnection>> TakeReader() {
        {
            auto readers = readers_.Lock();
            readers.Wait([&] { return !readers->idle.empty() || readers->open < kMostReaders; });
            if (!readers->idle.empty()) {
                auto reader = std::move(readers->idle.back());
                readers->idle.pop_back();
                return reader;
            }
            ++readers->open;
        }
        auto reader = SqliteConnection::Open(path_, SqliteConnection::Use::kRead);
        if (!reader) {
            --readers_.Lock()->open;
            readers_.NotifyOne();
        }
        return reader;
    }

    void GiveBack(std::unique_ptr<SqliteConnection> reader) {
        readers_.Lock()->idle.push_back(std::move(reader));
        readers_.NotifyOne();
    }

    struct Readers {
        std::vector<std::unique_ptr<SqliteConnection>> idle;
        size_t open = 0;
    };

    const std::filesystem::path path_;
    detail::WriterTurn turn_;
    std::unique_ptr<SqliteConnection> writer_;  // in its turn of turn_
    core::Guarded<Readers> readers_;
};

}  // namespace

core::Status Transaction::Announce(std::string_view, std::string_view) {
    return {};
}

std::shared_ptr<void> Database::Listen(std::string, Listener) {
    return nullptr;
}

core::Result<std::optional<Row>> Transaction::QueryOne(std::string_view sql,
                                                       const Parameters& parameters) {
    GYRE_ASSIGN(auto rows, Query(sql, parameters));
    if (rows.empty()) return std::nullopt;
    return std::move(rows.front());
}

core::Result<std::unique_ptr<Database>> Database::Open(const std::filesystem::path& path) {
    GYRE_ASSIGN(auto writer, SqliteConnection::Open(path, SqliteConnection::Use::kWrite));
    auto database = std::make_unique<SqliteDatabase>(path, std::move(writer));
    GYRE_TRY(database->Migrate("db", {}));
    GYRE_TRY(core::RealFileSystem().SyncDirectory(path.parent_path()));
    return database;
}

}  // namespace gyre::db
