#include <doctest/doctest.h>

#include <thread>

#include "core/guarded.h"
#include "db/detail/postgres_sql.h"
#include "db/test_databases.h"

using namespace gyre::db;
using gyre::core::Code;
using gyre::core::Status;

namespace {

using Heard = gyre::core::Guarded<std::vector<std::string>>;

const std::vector<Migration> kNotes = {
    {1, "notes", "CREATE TABLE notes (number BIGINT PRIMARY KEY, text TEXT, bytes BLOB)"}};

Database::Listener Noting(Heard& heard) {
    return [&heard](const std::optional<std::string>& message) {
        heard.Lock()->push_back(message.value_or("missed"));
        heard.NotifyAll();
    };
}

std::vector<std::string> WaitFor(Heard& heard, size_t count) {
    auto locked = heard.Lock();
    locked.WaitUntil(std::chrono::steady_clock::now() + std::chrono::seconds(20),
                     [&] { return locked->size() >= count; });
    return *locked;
}

Status Announce(Database& database, const std::string& channel, const std::string& message) {
    return database.Write(
        [&](Transaction& transaction) { return transaction.Announce(channel, message); });
}

}  // namespace

TEST_CASE("question marks become numbers, and types PostgreSQL's") {
    using detail::NumberParameters;
    using detail::ToPostgresSchema;
    CHECK(NumberParameters("SELECT a FROM t WHERE b = ? AND c IN (?, ?)") ==
          "SELECT a FROM t WHERE b = $1 AND c IN ($2, $3)");
    CHECK(NumberParameters("SELECT '?', 'it''s ?', \"?\", ?") ==
          "SELECT '?', 'it''s ?', \"?\", $1");
    CHECK(ToPostgresSchema("CREATE TABLE t (TEXTS TEXT NOT NULL DEFAULT 'TEXT', b BLOB);") ==
          "CREATE TABLE t (TEXTS TEXT COLLATE \"C\" NOT NULL DEFAULT 'TEXT', b BYTEA);");
}

TEST_CASE("bytes are kept in a BLOB, and texts in order of their bytes") {
    for (const TestDatabase& kind : EachDatabase()) {
        CAPTURE(kind.kind);
        const auto database = kind.open();
        REQUIRE(database->Migrate("test", kNotes));
        const std::string bytes("\0\xff'?\x80", 5);
        REQUIRE(database->Write([&](Transaction& transaction) -> Status {
            int64_t number = 0;
            for (const char* text : {"b", "a", "B", "A", "_", "é", "ab"}) {
                GYRE_TRY(transaction.Execute("INSERT INTO notes VALUES (?, ?, ?)",
                                             {++number, text, bytes}));
            }
            return {};
        }));
        REQUIRE(database->Read([&](Transaction& transaction) -> Status {
            GYRE_ASSIGN(const auto rows,
                        transaction.Query("SELECT text, bytes FROM notes ORDER BY text"));
            std::string order;
            for (const Row& row : rows) {
                order += row.Text(0) + " ";
                CHECK(row.Text(1) == bytes);
            }
            CHECK(order == "A B _ a ab b é ");
            GYRE_ASSIGN(const auto found,
                        transaction.QueryOne(
                            "SELECT number FROM notes WHERE bytes = ? AND text = ?", {bytes, "é"}));
            CHECK(found->Int(0) == 6);
            return {};
        }));
    }
}

TEST_CASE("an error that the work goes on from undoes all of it, and a savepoint its own part") {
    for (const TestDatabase& kind : NewPostgres()) {
        const auto database = kind.open();
        REQUIRE(database->Migrate("test", kNotes));
        const Status swallowed = database->Write([](Transaction& transaction) -> Status {
            GYRE_TRY(transaction.Execute("INSERT INTO notes VALUES (1, 'a', NULL)"));
            CHECK_FALSE(transaction.Execute("INSERT INTO notes VALUES (1, 'b', NULL)"));
            return {};
        });
        CHECK(swallowed.error().code == Code::kInternal);
        REQUIRE(database->Write([](Transaction& transaction) -> Status {
            GYRE_TRY(transaction.Execute("INSERT INTO notes VALUES (1, 'a', NULL)"));
            GYRE_TRY(transaction.Execute("SAVEPOINT one"));
            CHECK(transaction.Execute("INSERT INTO notes VALUES (1, 'b', NULL)").error().code ==
                  Code::kAlreadyExists);
            GYRE_TRY(transaction.Execute("ROLLBACK TO SAVEPOINT one"));
            GYRE_TRY(transaction.Execute("INSERT INTO notes VALUES (2, 'c', NULL)"));
            return {};
        }));
        const Status nul = database->Write([](Transaction& transaction) -> Status {
            GYRE_TRY(transaction.Execute("INSERT INTO notes VALUES (3, ?, NULL)",
                                         {std::string("a\0b", 3)}));
            return {};
        });
        CHECK(nul.error().code == Code::kInvalidArgument);
    }
}

TEST_CASE("writers of two programs come one at a time, and each sees what the other committed") {
    for (const TestDatabase& kind : NewPostgres()) {
        const auto one = kind.open();
        const auto two = kind.open();
        CHECK(one->Shared());
        REQUIRE(one->Migrate("test", kNotes));
        REQUIRE(two->Migrate("test", kNotes));
        REQUIRE(Announce(*one, "x", ""));
        const auto count_up = [](Database& database) {
            for (int i = 0; i < 50; ++i) {
                const Status done = database.Write([](Transaction& transaction) -> Status {
                    GYRE_ASSIGN(const auto row,
                                transaction.QueryOne("SELECT COALESCE(MAX(number), 0) FROM notes"));
                    GYRE_TRY(transaction.Execute("INSERT INTO notes VALUES (?, '', NULL)",
                                                 {row->Int(0) + 1}));
                    return {};
                });
                if (!done) std::abort();
            }
        };
        std::thread other([&] { count_up(*two); });
        count_up(*one);
        other.join();
        REQUIRE(one->Read([](Transaction& transaction) -> Status {
            GYRE_ASSIGN(const auto row,
                        transaction.QueryOne("SELECT COUNT(*), MAX(number) FROM notes"));
            CHECK(row->Int(0) == 100);
            CHECK(row->Int(1) == 100);
            return {};
        }));
    }
}

TEST_CASE("what one program announces the others hear once it is committed") {
    for (const TestDatabase& kind : NewPostgres()) {
        const auto one = kind.open();
        const auto two = kind.open();
        Heard own;
        Heard others;
        Heard elsewhere;
        const auto listening = one->Listen("news", Noting(own));
        auto hearing = two->Listen("news", Noting(others));
        const auto off_topic = two->Listen("else", Noting(elsewhere));
        CHECK_FALSE(one->Write([](Transaction& transaction) -> Status {
            GYRE_TRY(transaction.Announce("news", "never"));
            return gyre::core::Fail(Code::kConflict, "undone");
        }));
        REQUIRE(Announce(*one, "news", "a b"));
        REQUIRE(Announce(*one, "news", ""));
        CHECK(WaitFor(others, 2) == std::vector<std::string>{"a b", ""});
        REQUIRE(Announce(*two, "news", "back"));
        CHECK(WaitFor(own, 1) == std::vector<std::string>{"back"});
        hearing.reset();
        REQUIRE(Announce(*one, "news", "to nobody"));
        REQUIRE(Announce(*one, "else", "last"));
        CHECK(WaitFor(elsewhere, 1) == std::vector<std::string>{"last"});
        CHECK(others.Lock()->size() == 2);
    }
}

TEST_CASE("a cut connection is made anew, and who listens is told that something was missed") {
    for (const TestDatabase& kind : NewPostgres()) {
        const auto one = kind.open();
        const auto two = kind.open();
        REQUIRE(one->Migrate("test", kNotes));
        Heard heard;
        const auto listening = one->Listen("news", Noting(heard));
        const auto count = [&] {
            return one->Read([](Transaction& transaction) -> Status {
                GYRE_TRY(transaction.Query("SELECT COUNT(*) FROM notes"));
                return {};
            });
        };
        REQUIRE(count());
        CutConnections(kind);
        CHECK(count());
        CHECK(one->Write([](Transaction& transaction) -> Status {
            GYRE_TRY(transaction.Execute("INSERT INTO notes VALUES (1, '', NULL)"));
            return {};
        }));
        CHECK(WaitFor(heard, 1).front() == "missed");
        REQUIRE(Announce(*two, "news", "again"));
        CHECK(WaitFor(heard, 2).back() == "again");
    }
}

TEST_CASE("a database that is not there says so") {
    const auto nobody = Database::Connect("postgresql://127.0.0.1:1/none");
    REQUIRE_FALSE(nobody);
    CHECK(nobody.error().code == Code::kUnavailable);
    CHECK(Database::Connect("no such=thing").error().code == Code::kUnavailable);
}
