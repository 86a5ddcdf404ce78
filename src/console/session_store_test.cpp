#include "console/session_store.h"

#include <doctest/doctest.h>

#include <vector>

using namespace gyre;
using namespace gyre::console;

TEST_CASE("a session is found by its cookie until it is ended") {
    core::FakeClock clock;
    SessionStore store(clock);
    const auto begun = store.Begin("AKIA1");
    CHECK(begun.cookie.size() == 64);
    CHECK(begun.cookie != begun.session.token);
    const auto found = store.Find(begun.cookie);
    REQUIRE(found);
    CHECK(found->access_key_id == "AKIA1");
    CHECK(found->token == begun.session.token);
    CHECK_FALSE(store.Find(""));
    CHECK_FALSE(store.Find(begun.session.token));
    store.End(begun.cookie);
    CHECK_FALSE(store.Find(begun.cookie));
    CHECK(store.Size() == 0);
}

TEST_CASE("a session ends when it is idle, and after its longest time however busy") {
    core::FakeClock clock;
    SessionStore store(clock, {.idle = core::seconds(100), .longest = core::seconds(250)});
    const auto idle = store.Begin("AKIA1");
    const auto busy = store.Begin("AKIA1");
    clock.Advance(core::seconds(99));
    CHECK(store.Find(busy.cookie));
    clock.Advance(core::seconds(99));
    CHECK_FALSE(store.Find(idle.cookie));
    CHECK(store.Find(busy.cookie));
    clock.Advance(core::seconds(51));
    CHECK(store.Find(busy.cookie));
    clock.Advance(core::seconds(1));
    CHECK_FALSE(store.Find(busy.cookie));
    CHECK(store.Size() == 0);
}

TEST_CASE("where there are too many sessions the least recently used one makes room") {
    core::FakeClock clock;
    SessionStore store(clock, {.total = 4, .per_key = 2});
    std::vector<SessionStore::Begun> ann;
    for (int i = 0; i < 3; ++i) {
        clock.Advance(core::seconds(1));
        ann.push_back(store.Begin("ann"));
    }
    CHECK_FALSE(store.Find(ann[0].cookie));
    CHECK(store.Find(ann[1].cookie));
    clock.Advance(core::seconds(1));
    CHECK(store.Find(ann[2].cookie));
    for (const char* key : {"ben", "cat", "dan"}) {
        clock.Advance(core::seconds(1));
        (void)store.Begin(key);
    }
    CHECK(store.Size() == 4);
    CHECK_FALSE(store.Find(ann[1].cookie));
    CHECK(store.Find(ann[2].cookie));
}
