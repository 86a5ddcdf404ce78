#include "objects/detail/blob_store.h"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "core/file_system.h"
#include "objects/detail/schema.h"
#include "objects/test_machine.h"

namespace gyre::objects {

TEST_CASE("numbers are given while transactions tidy up, across many reservations") {
    const FastFolder folder;
    const auto database = db::Database::Open(folder.path / "a.db").value();
    REQUIRE(database->Migrate("objects", detail::Schema()));
    core::FileSystem& files = core::RealFileSystem();
    const auto blobs = detail::BlobStore::Open(*database, files, folder.path / "blobs").value();

    constexpr int kThreads = 4;
    constexpr int kEach = 100'000;  // six reservations together
    std::atomic<bool> done = false;
    std::jthread tidy([&] {
        const auto work = [&](db::Transaction& transaction) { return blobs->TidyUp(transaction); };
        while (!done) {
            if (!database->Write(work)) break;
        }
    });
    std::atomic<int64_t> sum = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < kThreads; ++i) {
            threads.emplace_back([&] {
                for (int k = 0; k < kEach; ++k) sum += blobs->NewId().value_or(-1);
            });
        }
    }
    done = true;
    const int64_t count = kThreads * kEach;
    const int64_t last = blobs->NewId().value();
    // Each number from `last - count` on was given once.
    CHECK(sum == count * (2 * last - count - 1) / 2);
}

}  // namespace gyre::objects
