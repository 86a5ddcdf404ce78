#include "db/database.h"

#include <doctest/doctest.h>

#include <fstream>
#include <stdexcept>
#include <thread>

#include "core/temp_dir.h"
#include "db/test_databases.h"

using namespace gyre::db;
using gyre::core::Code;
using gyre::core::Fail;
using gyre::core::Status;
using gyre::core::TempDir;

namespace {

const std::vector<Migration> kItems = {
    {1, "items",
     "CREATE TABLE items (name TEXT PRIMARY KEY, size BIGINT NOT NULL);"
     "CREATE INDEX items_size ON items (size);"}};

std::unique_ptr<Database> OpenItems(const std::filesystem::path& path) {
    auto database = Database::Open(path);
    REQUIRE(database);
    REQUIRE((*database)->Migrate("test", kItems));
    return std::move(*database);
}

/// Runs the test over a new database of each kind.
void OverEach(const std::function<void(Database&, const TestDatabase&)>& test) {
    for (const TestDatabase& kind : EachDatabase()) {
        CAPTURE(kind.kind);
        const auto database = kind.open();
        REQUIRE(database->Migrate("test", kItems));
        test(*database, kind);
    }
}

Status Insert(Database& database, std::string_view name, int64_t size) {
    return database.Write([&](Transaction& transaction) -> Status {
        GYRE_TRY(transaction.Execute("INSERT INTO items VALUES (?, ?)", {name, size}));
        return {};
    });
}

int64_t Count(Database& database) {
    int64_t count = -1;
    REQUIRE(database.Read([&](Transaction& transaction) -> Status {
        GYRE_ASSIGN(const auto row, transaction.QueryOne("SELECT COUNT(*) FROM items"));
        count = row->Int(0);
        return {};
    }));
    return count;
}

}  // namespace

TEST_CASE("work that throws is undone, and holds up nobody after it") {
    OverEach([](Database& database, const TestDatabase&) {
        const auto thrown = [](Transaction& transaction) -> Status {
            static_cast<void>(transaction.QueryOne("SELECT COUNT(*) FROM items"));
            throw std::runtime_error("a bug");
        };
        // More often than there are connections.
        for (int i = 0; i < 10; i++) {
            const Status read = database.Read(thrown);
            REQUIRE_FALSE(read);
            CHECK(read.error().code == Code::kInternal);
        }
        const Status written = database.Write([&](Transaction& transaction) -> Status {
            GYRE_TRY(transaction.Execute("INSERT INTO items VALUES ('half', 1)", {}));
            return thrown(transaction);
        });
        REQUIRE_FALSE(written);
        CHECK(written.error().message.find("a bug") != std::string::npos);
        CHECK(Count(database) == 0);
        CHECK(Insert(database, "next", 1));
        CHECK(Count(database) == 1);
    });
}

TEST_CASE("values of every type go in and come out as they were") {
    OverEach([](Database& database, const TestDatabase&) {
        // PostgreSQL has no NUL in a text.
        const std::string odd = database.Shared() ? "'?' and é" : std::string("nul \0 and é", 12);
        REQUIRE(database.Write([&](Transaction& transaction) -> Status {
            const auto row = transaction.QueryOne("SELECT ?, ?, ?, ?, ?",
                                                  {INT64_MIN, 1.5, odd, Value(), std::string()});
            REQUIRE(row);
            REQUIRE(*row);
            CHECK((*row)->Size() == 5);
            CHECK((*row)->Int(0) == INT64_MIN);
            CHECK((*row)->Real(1) == 1.5);
            CHECK((*row)->Text(2) == odd);
            CHECK((*row)->IsNull(3));
            CHECK((*row)->Text(4).empty());
            CHECK_FALSE((*row)->IsNull(4));
            CHECK(transaction.QueryOne("SELECT 1 FROM items")->has_value() == false);
            return {};
        }));
    });
}

TEST_CASE("a transaction is whole or not at all") {
    OverEach([](Database& database, const TestDatabase&) {
        REQUIRE(Insert(database, "a", 1));
        CHECK(Insert(database, "a", 2).error().code == Code::kAlreadyExists);
        const Status refused = database.Write([&](Transaction& transaction) -> Status {
            GYRE_TRY(transaction.Execute("INSERT INTO items VALUES ('b', 1)"));
            GYRE_TRY(transaction.Execute("DELETE FROM items WHERE name = 'a'"));
            return Fail(Code::kConflict, "thought better of it");
        });
        CHECK(refused.error().message == "thought better of it");
        const Status null_refused = database.Write([&](Transaction& transaction) -> Status {
            GYRE_TRY(transaction.Execute("INSERT INTO items VALUES ('c', ?)", {Value()}));
            return {};
        });
        CHECK(null_refused.error().code == Code::kFailedPrecondition);
        CHECK(Count(database) == 1);
        CHECK(Insert(database, "b", 2));
        CHECK(Count(database) == 2);
    });
}

TEST_CASE("a reader keeps its snapshot while others write, and cannot write itself") {
    OverEach([](Database& database, const TestDatabase&) {
        REQUIRE(Insert(database, "a", 1));
        REQUIRE(database.Read([&](Transaction& transaction) -> Status {
            const auto count = [&] {
                return transaction.QueryOne("SELECT COUNT(*) FROM items")->value().Int(0);
            };
            CHECK(count() == 1);
            CHECK(Insert(database, "b", 1));
            CHECK(count() == 1);
            CHECK_FALSE(transaction.Execute("DELETE FROM items"));
            return {};
        }));
        CHECK(Count(database) == 2);
    });
}

TEST_CASE("many threads write and read at once") {
    OverEach([](Database& database, const TestDatabase&) {
        std::vector<std::thread> threads;
        for (int t = 0; t < 8; ++t) {
            threads.emplace_back([&, t] {
                for (int i = 0; i < 10; ++i) {
                    const std::string name = std::to_string(t) + "-" + std::to_string(i);
                    if (!Insert(database, name, i) || Count(database) < i) std::abort();
                }
            });
        }
        for (std::thread& thread : threads) thread.join();
        CHECK(Count(database) == 80);
        CHECK(database.CheckIntegrity());
    });
}

TEST_CASE("migrations are applied once, together, and never past what is known") {
    OverEach([](Database& first, const TestDatabase& kind) {
        std::vector<Migration> steps = kItems;
        REQUIRE(Insert(first, "a", 1));
        REQUIRE(first.Migrate("test", steps));
        steps.push_back({2, "colour", "ALTER TABLE items ADD COLUMN colour TEXT"});
        steps.push_back({3, "broken", "CREATE TABLE more (x TEXT); CREATE NONSENSE"});
        CHECK_FALSE(first.Migrate("test", steps));
        steps[2].sql = "CREATE TABLE more (x TEXT)";
        REQUIRE(first.Migrate("test", steps));
        const auto database = kind.open();
        const Status older = database->Migrate("test", kItems);
        CHECK(older.error().code == Code::kFailedPrecondition);
        CHECK(older.error().message.find("schema 2 'colour' is unknown") != std::string::npos);
        CHECK(database->Migrate("test", steps));
        CHECK(Count(*database) == 1);
    });
}

TEST_CASE("a file that is no database, a damaged one and an absent folder are named errors") {
    const TempDir folder;
    std::ofstream(folder.Path() / "text.db") << std::string(5000, 'x');
    CHECK(Database::Open(folder.Path() / "text.db").error().code == Code::kDataLoss);
    CHECK_FALSE(Database::Open(folder.Path() / "none" / "a.db"));

    const auto path = folder.Path() / "a.db";
    {
        const auto database = OpenItems(path);
        REQUIRE(database->Write([&](Transaction& transaction) -> Status {
            for (int i = 0; i < 2000; ++i) {
                GYRE_TRY(transaction.Execute("INSERT INTO items VALUES (?, ?)",
                                             {"item-" + std::to_string(i), i}));
            }
            return {};
        }));
    }
    {
        std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
        for (const int page : {2, 3, 4, 5, 6}) {
            file.seekp(page * 4096);
            file << std::string(4096, '\x5a');
        }
    }
    const auto database = Database::Open(path);
    if (database) {
        CHECK((*database)->CheckIntegrity().error().code == Code::kDataLoss);
    } else {
        CHECK(database.error().code == Code::kDataLoss);
    }
}
