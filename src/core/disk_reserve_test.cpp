#include "core/disk_reserve.h"

#include <doctest/doctest.h>

#include "core/faulty_file_system.h"

using namespace gyre::core;

namespace {

constexpr uint64_t kBytes = uint64_t{2} << 20;

std::unique_ptr<DiskReserve> Open(FaultyFileSystem& files, const Clock& clock) {
    auto reserve = DiskReserve::Open(files, "/data/reserve", kBytes, clock);
    REQUIRE(reserve);
    return std::move(*reserve);
}

}  // namespace

TEST_CASE("the reserve is taken once, given back, and taken again when there is room") {
    FaultyFileSystem files;
    REQUIRE(files.MakeDirectories("/data"));
    FakeClock clock;
    const auto reserve = Open(files, clock);
    CHECK(files.Stat("/data/reserve")->size == kBytes);
    CHECK(files.List("/data")->size() == 1);
    CHECK(reserve->Restore());
    CHECK(reserve->Release());
    CHECK(!reserve->Release());
    CHECK(files.List("/data")->empty());
    CHECK(!reserve->Restore());  // not at once
    clock.Advance(milliseconds(1001));
    files.FailAt(1);
    CHECK(!reserve->Restore());
    CHECK(files.List("/data")->empty());
    clock.Advance(milliseconds(1001));
    CHECK(reserve->Restore());
    CHECK(files.Stat("/data/reserve")->size == kBytes);
}

TEST_CASE("a start on a full disk gives the reserve back") {
    FaultyFileSystem files;
    REQUIRE(files.MakeDirectories("/data"));
    FakeClock clock;
    Open(files, clock);
    files.FailAt(1);  // the probe's first byte
    const auto reserve = Open(files, clock);
    CHECK(files.List("/data")->empty());
    CHECK(!reserve->Release());
}

TEST_CASE("a reserve that was cut short is made anew") {
    FaultyFileSystem files;
    REQUIRE(files.MakeDirectories("/data"));
    FakeClock clock;
    REQUIRE(WriteFileAtomically(files, "/data/reserve", "short"));
    Open(files, clock);
    CHECK(files.Stat("/data/reserve")->size == kBytes);
}
