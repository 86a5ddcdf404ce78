#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "core/temp_dir.h"
#include "db/database.h"

using namespace gyre::db;
using gyre::core::Status;

namespace {

const std::vector<Migration> kTables = {{1, "rows",
                                         "CREATE TABLE rows (n BIGINT PRIMARY KEY, text TEXT);"
                                         "CREATE TABLE total (id BIGINT PRIMARY KEY, count BIGINT);"
                                         "INSERT INTO total VALUES (1, 0);"}};

/// Writes rows for ever, and tells each number once it was acknowledged.
[[noreturn]] void WriteForever(const std::filesystem::path& path, int acknowledgements) {
    auto database = Database::Open(path);
    if (!database || !(*database)->Migrate("test", kTables)) _exit(1);
    int64_t next = 0;
    if (!(*database)->Read([&](Transaction& transaction) -> Status {
            GYRE_ASSIGN(const auto row, transaction.QueryOne("SELECT count FROM total"));
            next = row->Int(0);
            return {};
        })) {
        _exit(1);
    }
    while (true) {
        const Status written = (*database)->Write([&](Transaction& transaction) -> Status {
            GYRE_TRY(transaction.Execute("INSERT INTO rows VALUES (?, ?)",
                                         {next, std::string(3000, 'x')}));
            GYRE_TRY(transaction.Execute("UPDATE total SET count = ?", {next + 1}));
            return {};
        });
        if (!written) _exit(1);
        if (write(acknowledgements, &next, sizeof next) != sizeof next) _exit(1);
        ++next;
    }
}

}  // namespace

TEST_CASE("rows that were acknowledged are there after kill -9 in the midst of writes") {
    const gyre::core::TempDir folder;
    const auto path = folder.Path() / "a.db";
    int64_t acknowledged = -1;
    for (int round = 0; round < 4; ++round) {
        int ends[2];
        REQUIRE(pipe(ends) == 0);
        const pid_t child = fork();
        if (child == 0) {
            close(ends[0]);
            WriteForever(path, ends[1]);
        }
        close(ends[1]);
        int64_t number = 0;
        const int64_t until = acknowledged + 40 + 17 * round;
        while (acknowledged < until && read(ends[0], &number, sizeof number) == sizeof number) {
            acknowledged = number;
        }
        kill(child, SIGKILL);
        while (read(ends[0], &number, sizeof number) == sizeof number) acknowledged = number;
        close(ends[0]);
        int status = 0;
        waitpid(child, &status, 0);
        CHECK(WIFSIGNALED(status));
        CHECK(acknowledged >= until);

        auto database = Database::Open(path);
        REQUIRE(database);
        REQUIRE((*database)->CheckIntegrity());
        REQUIRE((*database)->Read([&](Transaction& transaction) -> Status {
            GYRE_ASSIGN(const auto row,
                        transaction.QueryOne("SELECT COUNT(*), MAX(n), (SELECT count FROM total) "
                                             "FROM rows"));
            CHECK(row->Int(0) == row->Int(1) + 1);
            CHECK(row->Int(0) == row->Int(2));
            CHECK(row->Int(1) >= acknowledged);
            return {};
        }));
    }
}
