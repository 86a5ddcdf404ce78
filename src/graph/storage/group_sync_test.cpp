#include "graph/storage/group_sync.h"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "graph/storage/turns.h"

using namespace gyre;
using namespace gyre::graph;

TEST_CASE("A sync waits for those whom the last one let go, and not for those who have left") {
    GatherPolicy policy;
    CHECK(policy.Crowd() == 1);
    CHECK(policy.Patience().count() == 0);
    policy.Synced(8, 8, core::microseconds(1000));
    CHECK(policy.Crowd() == 16);
    CHECK(policy.Patience() == core::microseconds(250));
    policy.Synced(16, 0, core::microseconds(1000));
    CHECK(policy.Crowd() == 16);
    policy.Synced(2, 0, core::seconds(10));  // a disk that hangs makes nobody wait for seconds
    CHECK(policy.Crowd() == 2);
    CHECK(policy.Patience() == core::milliseconds(4));
    policy.Synced(1, 0, core::microseconds(0));
    CHECK(policy.Crowd() == 1);
}

TEST_CASE("What was answered is on the disk, for any number of writers") {
    std::atomic<uint64_t> written{0}, durable{0}, syncs{0};
    GroupSync sync([&]() -> core::Status {
        const uint64_t all = written;
        std::this_thread::yield();
        durable = all;
        ++syncs;
        return {};
    });
    Turns turns;
    std::vector<std::jthread> writers;
    for (int w = 0; w < 8; ++w) {
        writers.emplace_back([&] {
            for (int i = 0; i < 200; ++i) {
                CHECK(turns.Take(core::SteadyTime::max()));
                const uint64_t mine = ++written;
                const uint64_t ticket = sync.Ticket();
                turns.GiveOn();
                CHECK(sync.Await(ticket));
                CHECK(durable >= mine);
            }
        });
    }
    writers.clear();
    CHECK(written == 1600);
    CHECK(syncs <= 1600);
}

TEST_CASE("After a sync that failed nothing is acknowledged") {
    std::atomic<int> syncs{0};
    GroupSync sync([&]() -> core::Status {
        if (++syncs < 20) return {};
        return core::Fail(core::Code::kInternal, "the disk is gone");
    });
    std::atomic<int> good{0}, bad{0};
    std::vector<std::jthread> writers;
    for (int w = 0; w < 6; ++w) {
        writers.emplace_back([&] {
            for (int i = 0; i < 50; ++i) {
                if (sync.Await(sync.Ticket()))
                    ++good;
                else
                    ++bad;
            }
        });
    }
    writers.clear();
    CHECK(good + bad == 300);
    CHECK(syncs == 20);
    CHECK(good <= 19 * 6);
    const auto status = sync.Await(sync.Ticket());
    REQUIRE_FALSE(status);
    CHECK(status.error().message == "the disk is gone");
}

TEST_CASE("A turn that does not come in time is not had") {
    Turns turns;
    REQUIRE(turns.Take(core::SteadyTime::max()));
    CHECK_FALSE(turns.Take(core::SystemClock().Now()));
    std::jthread other([&] {
        CHECK(turns.Take(core::SystemClock().Now() + core::seconds(60)));
        turns.GiveOn();
    });
    turns.GiveOn();
    other.join();
    CHECK(turns.Take(core::SystemClock().Now()));
    turns.GiveOn();
}
