#include <doctest/doctest.h>

#include "core/faulty_file_system.h"
#include "telemetry/detail/levels.h"
#include "telemetry/metric_store.h"

using namespace gyre;
using namespace gyre::telemetry;

namespace {

constexpr int64_t kDayBefore = 1'764'028'800;

core::WallTime InstantOf(int64_t second) {
    return core::WallTime(core::seconds(second));
}

const Series kSeries{"App", "m", {}, "None"};

/// Puts of 1, 10, 100…, with files written, merged and rolled up between them. Returns the sum of
/// what was acknowledged.
double Work(core::FileSystem& files, core::FakeClock& clock) {
    clock.SetWall(InstantOf(kDayBefore));
    double acknowledged = 0;
    auto store = MetricStore::Open(files, "/metrics", clock);
    if (!store) return 0;
    double value = 1;
    const auto put = [&] {
        if ((*store)->Put({{kSeries, InstantOf(kDayBefore + 5), Statistic::Of(value), true}})) {
            acknowledged += value;
        }
        value *= 10;
    };
    put();
    put();
    static_cast<void>((*store)->Flush());
    put();
    clock.SetWall(InstantOf(kDayBefore + 6 * detail::kHour));
    static_cast<void>((*store)->Maintain());
    put();
    clock.SetWall(InstantOf(kDayBefore + 20 * detail::kDay));
    static_cast<void>((*store)->Maintain());
    put();
    return acknowledged;
}

double Found(MetricStore& store) {
    const auto points = store.Query(kSeries, {kDayBefore, kDayBefore + detail::kDay, detail::kDay});
    REQUIRE(points);
    return points->empty() ? 0 : points->begin()->second.sum;
}

/// Every digit of what is there is 0 or 1, and is 1 where it was acknowledged.
void CheckDigits(double found, double acknowledged) {
    auto there = static_cast<int64_t>(found);
    auto known = static_cast<int64_t>(acknowledged);
    while (there > 0 || known > 0) {
        CHECK(there % 10 <= 1);
        CHECK(there % 10 >= known % 10);
        there /= 10;
        known /= 10;
    }
}

}  // namespace

TEST_CASE("whatever call a power cut comes at, what was acknowledged is there once") {
    core::FakeClock clock;
    core::FaultyFileSystem dry;
    CHECK(Work(dry, clock) == 11111);
    const uint64_t calls = dry.Calls();
    CHECK(calls > 20);
    using Unsynced = core::FaultyFileSystem::Unsynced;
    for (uint64_t n = 0; n < calls; ++n) {
        for (const Unsynced unsynced : {Unsynced::kLost, Unsynced::kTorn, Unsynced::kKept}) {
            CAPTURE(n);
            core::FaultyFileSystem files;
            files.CrashAt(n);
            const double acknowledged = Work(files, clock);
            files.Restart(unsynced);
            const auto store = MetricStore::Open(files, "/metrics", clock);
            REQUIRE_MESSAGE(store, store.error().ToString());
            CheckDigits(Found(**store), acknowledged);
        }
    }
}

TEST_CASE("whatever call fails, the store goes on and loses nothing it acknowledged") {
    core::FakeClock clock;
    core::FaultyFileSystem dry;
    Work(dry, clock);
    for (uint64_t n = 0; n < dry.Calls(); ++n) {
        for (const bool half : {false, true}) {
            CAPTURE(n);
            core::FaultyFileSystem files;
            if (half) {
                files.ShortWriteAt(n);
            } else {
                files.FailAt(n);
            }
            const double acknowledged = Work(files, clock);
            const auto store = MetricStore::Open(files, "/metrics", clock);
            REQUIRE_MESSAGE(store, store.error().ToString());
            CheckDigits(Found(**store), acknowledged);
            CHECK((*store)->Put({{kSeries, InstantOf(kDayBefore + 5), Statistic::Of(1e6)}}));
        }
    }
}
