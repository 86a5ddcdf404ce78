#include "transform/output_puts.h"

#include <doctest/doctest.h>

#include "core/temp_dir.h"
#include "db/database.h"
#include "objects/local_store.h"

namespace gyre::transform {
namespace {

struct House {
    House()
        : database(db::Database::Open(folder.Path() / "a.db").value()),
          store(objects::OpenLocalStore(*database, core::RealFileSystem(),
                                        folder.Path() / "objects", core::SystemClock(), nullptr)
                    .value()),
          journal(Journal::Open(folder.Path()).value()) {
        REQUIRE(store->CreateBucket("out"));
    }
    static OutputPuts::Output Output(uint64_t index, const std::string& key) {
        RecordFailure failure;
        failure.object = "s3://in/" + key;
        return {.index = index,
                .input = 10,
                .records = 2,
                .key = key,
                .body = "body " + key,
                .content_type = "text/plain",
                .failure = failure};
    }
    core::TempDir folder;
    std::unique_ptr<db::Database> database;
    std::unique_ptr<objects::LocalStore> store;
    std::unique_ptr<Journal> journal;
    core::Guarded<std::string> broken;
};

}  // namespace

TEST_CASE("outputs of many objects are put, and each object is closed once") {
    House house;
    {
        OutputPuts puts(*house.store, *house.journal, "out",
                        [&](const core::Error& error) { *house.broken.Lock() = error.message; });
        for (uint64_t i = 0; i < 500; i++) {
            puts.Add(House::Output(i, i % 100 == 7 ? "" : std::to_string(i)));
        }
        puts.Finish();
        puts.Finish();
    }
    CHECK(house.broken.Lock()->empty());
    CHECK(house.journal->Sum().done == 495);
    CHECK(house.journal->Sum().failed == 5);
    CHECK(house.journal->Sum().bytes == 5'000);
    CHECK(house.journal->Sum().records == 990);
    CHECK(house.journal->FirstFailure()->object == "s3://in/");
    CHECK(house.journal->FirstFailure()->reason.find("cannot be put") != std::string::npos);
    CHECK(house.store->Head("out", "499")->size == 8);
    const auto again = Journal::Open(house.folder.Path()).value();
    CHECK(again->Sum().done == 495);
    for (uint64_t i = 0; i < 500; i++) CHECK_FALSE(again->IsOpen(i));
}

}  // namespace gyre::transform
