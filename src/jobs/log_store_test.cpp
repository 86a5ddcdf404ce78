#include "jobs/log_store.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "core/temp_dir.h"
#include "jobs/detail/log_segments.h"

using namespace gyre;
using jobs::LogStore;
using Lines = std::vector<std::string>;

namespace {

const std::string kGroup = "/aws/sagemaker/Endpoints/zoo";
const std::string kStream = "main/i-1";

std::vector<std::string> Texts(const std::vector<jobs::LogEvent>& events) {
    std::vector<std::string> texts;
    for (const auto& event : events) texts.push_back(event.message);
    return texts;
}

}  // namespace

TEST_CASE("lines are there for readers and after opening again") {
    const core::TempDir folder;
    core::FakeClock clock;
    {
        const auto logs = LogStore::Open(folder.Path(), clock);
        REQUIRE(logs);
        for (int i = 0; i < 5; ++i) {
            (*logs)->Append(kGroup, kStream, "line " + std::to_string(i));
            clock.SetWall(clock.WallNow() + core::seconds(1));
        }
    }
    const auto logs = LogStore::Open(folder.Path(), clock);
    REQUIRE(logs);
    CHECK((*logs)->Groups("/aws/") == std::vector<std::string>{kGroup});
    CHECK((*logs)->Groups("/other").empty());
    const auto events = (*logs)->Read(kGroup, kStream, 1, 2);
    REQUIRE(events);
    CHECK(Texts(*events) == std::vector<std::string>{"line 1", "line 2"});
    CHECK((*events)[0].id == 1);
    CHECK((*logs)->NextId(kGroup, kStream).value() == 5);
    CHECK((*logs)->FirstIdAt(kGroup, kStream, (*events)[1].time).value() == 2);
    CHECK((*logs)->FirstIdAt(kGroup, kStream, clock.WallNow()).value() == 5);
    CHECK((*logs)->Tail(kGroup, kStream, 2) == std::vector<std::string>{"line 3", "line 4"});
    const auto streams = (*logs)->Streams(kGroup, "main/");
    REQUIRE(streams);
    CHECK(streams->at(0).name == kStream);
}

TEST_CASE("what is not there is named") {
    const core::TempDir folder;
    const auto logs = LogStore::Open(folder.Path(), core::SystemClock());
    REQUIRE(logs);
    (*logs)->Append(kGroup, kStream, "x");
    CHECK((*logs)->Read("other", kStream, 0, 1).error().message ==
          "The specified log group does not exist.");
    CHECK((*logs)->Read(kGroup, "other", 0, 1).error().message ==
          "The specified log stream does not exist.");
    CHECK((*logs)->Tail(kGroup, "other", 3).empty());
}

TEST_CASE("hostile names and lines stay inside") {
    const core::TempDir folder;
    const auto logs = LogStore::Open(folder.Path() / "logs", core::SystemClock());
    REQUIRE(logs);
    (*logs)->Append("..", "../..", "a\x1b[31mred\r\nb\tc");
    (*logs)->Append("..", "../..", std::string(400'000, 'x'));
    const auto events = (*logs)->Read("..", "../..", 0, 10);
    REQUIRE(events);
    CHECK((*events)[0].message == "a[31mredb\tc");
    CHECK((*events)[1].message.size() == 256 * 1024);
    for (const auto& entry : std::filesystem::directory_iterator(folder.Path())) {
        CHECK(entry.path().filename() == "logs");
    }
}

TEST_CASE("lines that come at once are events of their own") {
    const core::TempDir folder;
    const core::FakeClock clock;
    const auto logs = jobs::LogStore::Open(folder.Path(), clock);
    (*logs)->AppendLines(kGroup, kStream, "one\ntwo\x1b\nthree\n");
    const auto events = (*logs)->Read(kGroup, kStream, 0, 10);
    REQUIRE(events);
    CHECK(Texts(*events) == std::vector<std::string>{"one", "two", "three"});
    CHECK(events->back().id == 2);
}

TEST_CASE("a line that a crash cut is taken off, and the clock never runs back") {
    const core::TempDir folder;
    core::FakeClock clock;
    core::FileSystem& files = core::RealFileSystem();
    {
        auto stream = jobs::detail::LogSegments::Open(files, folder.Path(), clock.WallNow());
        REQUIRE(stream->Append(clock.WallNow(), Lines{"whole"}));
        REQUIRE(stream->Append(clock.WallNow() - core::seconds(60), Lines{"earlier"}));
    }
    const auto path = *std::filesystem::directory_iterator(folder.Path());
    std::ofstream(path.path(), std::ios::app) << "17000000";
    auto stream = jobs::detail::LogSegments::Open(files, folder.Path(), clock.WallNow());
    REQUIRE(stream);
    CHECK(stream->NextId() == 2);
    REQUIRE(stream->Append(clock.WallNow(), Lines{"after"}));
    const auto events = stream->Read(0, 10);
    CHECK(Texts(*events) == std::vector<std::string>{"whole", "earlier", "after"});
    CHECK((*events)[1].time == (*events)[0].time);
}

TEST_CASE("old segments go, ids go on") {
    const core::TempDir folder;
    core::FileSystem& files = core::RealFileSystem();
    const core::WallTime now = core::SystemClock().WallNow();
    auto stream = jobs::detail::LogSegments::Open(files, folder.Path(), now);
    // Some alone, some many at once, so that one call fills more than a segment.
    const std::string line(250'000, 'x');
    for (int i = 0; i < 100; ++i) REQUIRE(stream->Append(now, Lines{line}));
    REQUIRE(stream->Append(now, Lines(200, line)));
    CHECK(stream->Describe().stored_bytes <= 17 * (5ULL << 20));
    CHECK(stream->NextId() == 300);
    const auto events = stream->Read(0, 1);
    REQUIRE(events->size() == 1);
    CHECK(events->front().id > 0);
    // One more says when the stream was made.
    CHECK(files.List(folder.Path())->size() <= jobs::detail::LogSegments::kMaxSegments + 1);
}
