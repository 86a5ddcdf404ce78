#include <benchmark/benchmark.h>

#include "core/temp_dir.h"
#include "db/database.h"

using namespace gyre::db;
using gyre::core::Status;

namespace {

struct Table {
    Table() : database(Database::Open(folder.Path() / "a.db").value()) {
        Check(database->Migrate(
            "bench", {{1, "rows", "CREATE TABLE rows (n BIGINT PRIMARY KEY, text TEXT)"}}));
    }
    static void Check(const Status& status) { GYRE_CHECK(status.has_value()); }
    void Insert(int64_t n) {
        Check(database->Write([&](Transaction& transaction) -> Status {
            GYRE_TRY(
                transaction.Execute("INSERT INTO rows VALUES (?, ?)", {n, std::string(1000, 'x')}));
            return {};
        }));
    }
    gyre::core::TempDir folder;
    std::unique_ptr<Database> database;
};

void DurableWrite(benchmark::State& state) {
    Table table;
    int64_t n = 0;
    for (auto _ : state) table.Insert(n++);
}
BENCHMARK(DurableWrite)->UseRealTime();

void PointRead(benchmark::State& state) {
    Table table;
    for (int64_t n = 0; n < 1000; ++n) table.Insert(n);
    int64_t n = 0;
    for (auto _ : state) {
        Table::Check(table.database->Read([&](Transaction& transaction) -> Status {
            GYRE_ASSIGN(const auto row,
                        transaction.QueryOne("SELECT text FROM rows WHERE n = ?", {n++ % 1000}));
            benchmark::DoNotOptimize(row);
            return {};
        }));
    }
}
BENCHMARK(PointRead)->UseRealTime();

}  // namespace
