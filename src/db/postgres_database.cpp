#include "core/digest.h"
#include "core/guarded.h"
#include "db/database.h"
#include "db/detail/migrate.h"
#include "db/detail/postgres_connection.h"
#include "db/detail/postgres_listener.h"
#include "db/detail/writer_turn.h"

namespace gyre::db {
namespace {

using core::Status;
using detail::PostgresConnection;
using PostgresWork = std::function<Status(Transaction&)>;
using Use = PostgresConnection::Use;

constexpr size_t kMostPostgresReaders = 4;

class PostgresDatabase final : public Database {
  public:
    PostgresDatabase(std::string where, std::string sender,
                     std::unique_ptr<PostgresConnection> writer,
                     std::unique_ptr<detail::PostgresListener> listener)
        : where_(std::move(where)),
          sender_(std::move(sender)),
          name_(writer->Name()),
          writer_(std::move(writer)),
          listener_(std::move(listener)) {}

    Status Write(const PostgresWork& work) override {
        return turn_.Run([&] { return Within(writer_, Use::kWrite, work); });
    }

    Status Read(const PostgresWork& work) override {
        std::unique_ptr<PostgresConnection> reader = TakeReader();
        Status done = Within(reader, Use::kRead, work);
        GiveBack(std::move(reader));
        return done;
    }

    Status Migrate(std::string_view room, const std::vector<Migration>& migrations) override {
        return Write([&](Transaction& transaction) {
            return detail::ApplyMigrations(
                transaction, [&](const std::string& sql) { return writer_->RunScript(sql); }, name_,
                room, migrations);
        });
    }

    Status CheckIntegrity() override {
        return Read([](Transaction& transaction) -> Status {
            GYRE_TRY(transaction.Query("SELECT COUNT(*) FROM gyre_schema"));
            return {};
        });
    }

    bool Shared() const override { return true; }

    std::shared_ptr<void> Listen(std::string channel, Listener listener) override {
        return listener_->Listen(std::move(channel), std::move(listener));
    }

  private:
    /// Over `connection`, which is made where there is none, and anew where it turns out to be
    /// broken before the work began.
    Status Within(std::unique_ptr<PostgresConnection>& connection, Use use,
                  const PostgresWork& work) {
        bool began = false;
        const auto noted = [&](Transaction& transaction) {
            began = true;
            return work(transaction);
        };
        const bool is_new = connection == nullptr;
        for (int attempt = is_new ? 1 : 0;; ++attempt) {
            if (connection == nullptr) {
                GYRE_ASSIGN(connection, PostgresConnection::Open(where_, sender_));
            }
            Status done = connection->InTransaction(use, noted);
            if (connection->Usable()) return done;
            connection = nullptr;
            if (began || attempt > 0) return done;
        }
    }

    /// Null: one that is still to be made.
    std::unique_ptr<PostgresConnection> TakeReader() {
        auto readers = readers_.Lock();
        readers.Wait([&] { return readers->taken < kMostPostgresReaders; });
        readers->taken++;
        if (readers->idle.empty()) return nullptr;
        auto reader = std::move(readers->idle.back());
        readers->idle.pop_back();
        return reader;
    }

    void GiveBack(std::unique_ptr<PostgresConnection> reader) {
        {
            auto readers = readers_.Lock();
            readers->taken--;
            if (reader != nullptr) readers->idle.push_back(std::move(reader));
        }
        readers_.NotifyOne();
    }

    struct Readers {
        std::vector<std::unique_ptr<PostgresConnection>> idle;
        size_t taken = 0;
    };

    const std::string where_;
    const std::string sender_;
    const std::string name_;
    detail::WriterTurn turn_;
    std::unique_ptr<PostgresConnection> writer_;  // in its turn of turn_; null once it broke
    core::Guarded<Readers> readers_;
    std::unique_ptr<detail::PostgresListener> listener_;
};

}  // namespace

core::Result<std::unique_ptr<Database>> Database::Connect(const std::string& where) {
    const std::string sender = core::RandomUuid();
    GYRE_ASSIGN(auto writer, PostgresConnection::Open(where, sender));
    GYRE_ASSIGN(auto listener, detail::PostgresListener::Start(where, sender));
    auto database =
        std::make_unique<PostgresDatabase>(where, sender, std::move(writer), std::move(listener));
    GYRE_TRY(database->Migrate("db", {}));
    return database;
}

}  // namespace gyre::db
