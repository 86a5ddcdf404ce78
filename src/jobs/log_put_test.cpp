#include <doctest/doctest.h>

#include "core/temp_dir.h"
#include "jobs/log_store.h"

using namespace gyre;
using jobs::LogEvent;
using jobs::LogStore;

namespace {

const std::string kApp = "app";
const std::string kAppStream = "s/1";

struct House {
    core::TempDir folder;
    core::FakeClock clock;
    std::unique_ptr<LogStore> logs = *LogStore::Open(folder.Path(), clock);
    const core::WallTime start = clock.WallNow();

    void Restart() {
        logs = nullptr;
        logs = *LogStore::Open(folder.Path(), clock);
    }
    core::Result<jobs::PutOutcome> Put(std::vector<std::pair<int, std::string>> lines) {
        std::vector<LogEvent> events;
        for (auto& [second, text] : lines) {
            events.push_back({start + core::seconds(second), std::move(text), 0});
        }
        return logs->Put(kApp, kAppStream, std::move(events));
    }
    /// "0:text 5:text", the seconds counted from the start.
    std::string All() {
        const auto events = logs->Read(kApp, kAppStream, 0, 10'000);
        if (!events) return events.error().wire_name;
        std::string text;
        for (size_t i = 0; i < events->size(); ++i) {
            const LogEvent& event = (*events)[i];
            CHECK(event.id == (*events)[0].id + i);
            const auto second = std::chrono::duration_cast<core::seconds>(event.time - start);
            text += (i > 0 ? " " : "") + std::to_string(second.count()) + ":" + event.message;
        }
        return text;
    }
};

std::string ErrorOf(const core::Status& status) {
    return status ? "" : status.error().wire_name;
}

}  // namespace

TEST_CASE("groups and streams are made, described and deleted") {
    House house;
    REQUIRE(house.logs->CreateGroup(kApp, {{"team", "a"}}));
    CHECK(ErrorOf(house.logs->CreateGroup(kApp, {})) == "ResourceAlreadyExistsException");
    CHECK(ErrorOf(house.logs->CreateStream("none", kAppStream)) == "ResourceNotFoundException");
    REQUIRE(house.logs->CreateStream(kApp, kAppStream));
    CHECK(ErrorOf(house.logs->CreateStream(kApp, kAppStream)) == "ResourceAlreadyExistsException");
    REQUIRE(house.logs->ChangeGroup(kApp, [](jobs::LogGroup& group) {
        group.retention_days = 7;
        group.tags["stage"] = "dev";
    }));
    house.clock.SetWall(house.start + core::seconds(60));
    for (int i = 0; i < 2; ++i) {
        const auto group = house.logs->Group(kApp);
        REQUIRE(group);
        CHECK(group->created == house.start);
        CHECK(group->retention_days == 7);
        CHECK(group->tags == std::map<std::string, std::string>{{"stage", "dev"}, {"team", "a"}});
        const auto streams = house.logs->Streams(kApp, "");
        REQUIRE(streams);
        REQUIRE(streams->size() == 1);
        CHECK(streams->at(0).created == house.start);
        CHECK_FALSE(streams->at(0).has_events);
        house.Restart();
    }
    REQUIRE(house.logs->DeleteStream(kApp, kAppStream));
    CHECK(ErrorOf(house.logs->DeleteStream(kApp, kAppStream)) == "ResourceNotFoundException");
    REQUIRE(house.logs->DeleteGroup(kApp));
    CHECK(ErrorOf(house.logs->DeleteGroup(kApp)) == "ResourceNotFoundException");
    house.Restart();
    CHECK(house.logs->Groups("").empty());
}

TEST_CASE("events are put by their times, with their line breaks, and stay") {
    House house;
    REQUIRE(house.logs->CreateGroup(kApp, {}));
    REQUIRE(house.logs->CreateStream(kApp, kAppStream));
    CHECK(house.Put({{0, "a"}, {5, "two\nlines\\n"}}));
    CHECK(house.All() == "0:a 5:two\nlines\\n");
    // One that comes late takes its place among the others.
    CHECK(house.Put({{2, "late"}, {9, "z"}}));
    const std::string all = "0:a 2:late 5:two\nlines\\n 9:z";
    CHECK(house.All() == all);
    house.Restart();
    CHECK(house.All() == all);
    CHECK(house.logs->NextId(kApp, kAppStream).value() == 4);
    CHECK(house.Put({{-5, "first"}}));
    CHECK(house.All() == "-5:first " + all);
    house.logs->Append(kApp, kAppStream, "line");
    CHECK(house.All() == "-5:first " + all + " 9:line");
}

TEST_CASE("what is too old, too new or past the retention is told of and left out") {
    House house;
    constexpr int kDay = 86'400;
    REQUIRE(house.logs->CreateGroup(kApp, {}));
    REQUIRE(house.logs->CreateStream(kApp, kAppStream));
    const auto outcome =
        house.Put({{-15 * kDay, "old"}, {-3 * kDay, "a"}, {0, "b"}, {kDay, "new"}});
    REQUIRE(outcome);
    CHECK(outcome->too_old_end == 1);
    CHECK(outcome->too_new_start == 3);
    CHECK_FALSE(outcome->expired_end);
    CHECK(house.All() == "-259200:a 0:b");
    REQUIRE(house.logs->ChangeGroup(kApp, [](jobs::LogGroup& group) { group.retention_days = 1; }));
    const auto expired = house.Put({{-2 * kDay, "c"}, {1, "d"}});
    REQUIRE(expired);
    CHECK(expired->expired_end == 1);
    CHECK(house.All() == "-259200:a 0:b 1:d");
    // A day later all of it is; the ids go on.
    house.clock.SetWall(house.start + core::seconds(kDay + 10));
    house.logs->Sweep();
    CHECK(house.All().empty());
    house.Restart();
    CHECK(house.logs->NextId(kApp, kAppStream).value() == 3);
    CHECK(house.Put({{kDay, "next"}}));
    CHECK(house.All() == "86400:next");
}

TEST_CASE("a stream of several files takes no event from before the newest") {
    House house;
    REQUIRE(house.logs->CreateGroup(kApp, {}));
    REQUIRE(house.logs->CreateStream(kApp, kAppStream));
    const std::string large(200'000, 'x');
    for (int i = 0; i < 30; ++i) REQUIRE(house.Put({{i, large}}));
    const auto outcome = house.Put({{3, "much too late"}, {29, "in time"}});
    REQUIRE(outcome);
    CHECK(outcome->too_old_end == 1);
    CHECK(house.logs->NextId(kApp, kAppStream).value() == 31);
    CHECK(house.logs->Tail(kApp, kAppStream, 1) == std::vector<std::string>{"in time"});
}
