#include "telemetry/metric_store.h"

#include <doctest/doctest.h>

#include <random>
#include <thread>

#include "core/faulty_file_system.h"
#include "core/temp_dir.h"
#include "telemetry/detail/journal.h"
#include "telemetry/detail/levels.h"
#include "telemetry/detail/segment.h"

using namespace gyre;
using namespace gyre::telemetry;

namespace {

constexpr int64_t kStart = 1'764'028'800;  // a whole day

core::WallTime At(int64_t second) {
    return core::WallTime(core::seconds(second));
}

Series Named(const std::string& metric, const std::string& unit = "None") {
    return {"App", metric, {{"host", "a"}}, unit};
}

Sample Of(const std::string& metric, int64_t second, double value, bool fine = false) {
    return {Named(metric), At(second), Statistic::Of(value), fine};
}

struct House {
    core::TempDir folder;
    core::FakeClock clock;
    MetricStoreOptions options;
    std::unique_ptr<MetricStore> store;

    House() {
        clock.SetWall(At(kStart));
        Restart();
    }
    void Restart() {
        store = nullptr;
        store = *MetricStore::Open(core::RealFileSystem(), folder.Path(), clock, options);
    }
    /// Sums by period, "0=3 60=4", the times counted from kStart.
    std::string Sums(const std::string& metric, int64_t from, int64_t to, int64_t period = 60) {
        const auto points = store->Query(Named(metric), {kStart + from, kStart + to, period});
        if (!points) return points.error().ToString();
        std::string text;
        for (const auto& [time, value] : *points) {
            text += (text.empty() ? "" : " ") + std::to_string(time - kStart) + "=" +
                    std::to_string(static_cast<int64_t>(value.sum));
        }
        return text;
    }
    size_t Files() { return core::RealFileSystem().List(folder.Path())->size(); }
};

}  // namespace

TEST_CASE("what was put is found, before and after it is written out and restarted") {
    House house;
    REQUIRE(house.store->Put({Of("m", kStart + 1, 3), Of("m", kStart + 59, 4),
                              Of("m", kStart + 60, 5), Of("n", kStart, 9)}));
    const auto check = [&] {
        CHECK(house.Sums("m", 0, 600) == "0=7 60=5");
        CHECK(house.Sums("m", 60, 120) == "60=5");
        CHECK(house.Sums("m", 0, 60) == "0=7");
        CHECK(house.Sums("m", 0, 600, 300) == "0=12");
        CHECK(house.Sums("n", 0, 600) == "0=9");
        CHECK(house.Sums("x", 0, 600).empty());
        CHECK(house.store->List("App", 0).size() == 2);
        CHECK(house.store->List("Ap", 0).empty());
        CHECK(house.store->List("", kStart + 30).size() == 1);
    };
    check();
    house.Restart();
    check();
    REQUIRE(house.store->Put({Of("m", kStart + 2, 1)}));
    REQUIRE(house.store->Flush());
    CHECK(house.Sums("m", 0, 600) == "0=8 60=5");
    house.Restart();
    CHECK(house.Sums("m", 0, 600) == "0=8 60=5");
}

TEST_CASE("series are known by their dimensions and units") {
    House house;
    Sample seconds = Of("m", kStart, 2);
    seconds.series.unit = "Seconds";
    Sample other = Of("m", kStart, 4);
    other.series.dimensions = {{"host", "a"}, {"zone", "z"}};
    REQUIRE(house.store->Put({Of("m", kStart, 1), seconds, other}));
    CHECK(house.Sums("m", 0, 60) == "0=1");
    const auto units = house.store->UnitsOf(Named("m"));
    REQUIRE(units.size() == 2);
    CHECK(units[0].unit == "None");
    CHECK(units[1].unit == "Seconds");
    CHECK(units[1].dimensions == Named("m").dimensions);
    const auto known = house.store->List("App", 0);
    REQUIRE(known.size() == 3);
    CHECK(known[0].series.Key() < known[1].series.Key());
}

TEST_CASE("fine values are kept by the second for three hours, and coarser with age") {
    House house;
    for (int i = 0; i < 120; i += 10) REQUIRE(house.store->Put({Of("m", kStart + i, 1, true)}));
    CHECK(house.Sums("m", 0, 30, 10) == "0=1 10=1 20=1");
    CHECK(house.Sums("m", 0, 120) == "0=6 60=6");
    const auto age = [&](int64_t seconds) {
        house.clock.SetWall(At(kStart + seconds));
        // Something has to be due.
        REQUIRE(house.store->Put({Of("other", kStart + seconds, 1)}));
        house.clock.SetWall(At(kStart + seconds + 3600));
        REQUIRE(house.store->Maintain());
    };
    age(5 * detail::kHour);
    CHECK(house.Sums("m", 0, 30, 10) == "0=6");
    CHECK(house.Sums("m", 0, 120) == "0=6 60=6");
    age(17 * detail::kDay);
    CHECK(house.Sums("m", 0, 600) == "0=12");
    house.Restart();
    CHECK(house.Sums("m", 0, 600) == "0=12");
    age(70 * detail::kDay);
    CHECK(house.Sums("m", 0, 7200) == "0=12");
    CHECK(house.store->Query(Named("m"), {kStart, kStart + 60, 60})->begin()->second.max == 1);
    age(500 * detail::kDay);
    CHECK(house.Sums("m", 0, 7200).empty());
    house.Restart();
    CHECK(house.store->List("App", kStart).size() == 1);
}

TEST_CASE("many small files become few, and the whole stays within its size") {
    House house;
    for (int i = 0; i < 20; ++i) {
        REQUIRE(house.store->Put({Of("m", kStart + 60 * i, 1)}));
        REQUIRE(house.store->Flush());
    }
    CHECK(house.Files() > 20);
    REQUIRE(house.store->Put({Of("m", kStart, 1)}));
    house.clock.SetWall(At(kStart + 3600));
    REQUIRE(house.store->Maintain());
    CHECK(house.Files() < 8);
    CHECK(house.Sums("m", 0, 3600, 3600) == "0=21");

    house.options.max_bytes = 60'000;
    house.Restart();
    std::mt19937 random(1);
    for (int day = 0; day < 10; ++day) {
        std::vector<Sample> samples;
        for (int minute = 0; minute < 600; ++minute) {
            samples.push_back(Of("m", kStart + day * detail::kDay + minute * 60,
                                 static_cast<double>(random()) / 1000));
        }
        house.clock.SetWall(At(kStart + day * detail::kDay + 40'000));
        REQUIRE(house.store->Put(samples));
        house.clock.SetWall(At(kStart + day * detail::kDay + 50'000));
        REQUIRE(house.store->Maintain());
    }
    CHECK(house.Sums("m", 0, 3600, 3600).empty());
    CHECK_FALSE(house.Sums("m", 9 * detail::kDay, 10 * detail::kDay, 3600).empty());
}

TEST_CASE("too many series are refused, and none of the request is taken") {
    House house;
    house.options.max_series = 3;
    house.Restart();
    REQUIRE(house.store->Put({Of("a", kStart, 1), Of("b", kStart, 1)}));
    const auto refused =
        house.store->Put({Of("a", kStart, 1), Of("c", kStart, 1), Of("d", kStart, 1)});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().wire_name == "LimitExceededException");
    CHECK(house.Sums("a", 0, 60) == "0=1");
}

TEST_CASE("a damaged file is put aside, and the rest is served") {
    House house;
    REQUIRE(house.store->Put({Of("m", kStart, 1)}));
    REQUIRE(house.store->Flush());
    REQUIRE(house.store->Put({Of("m", kStart + detail::kDay, 2)}));
    REQUIRE(house.store->Flush());
    house.store = nullptr;
    core::FileSystem& files = core::RealFileSystem();
    const auto names = files.List(house.folder.Path());
    REQUIRE(names);
    for (const std::string& name : *names) {
        const auto segment = detail::SegmentName::Parse(name);
        if (!segment || segment->partition != kStart) continue;
        std::string bytes = *core::ReadFile(files, house.folder.Path() / name);
        bytes[bytes.size() - 30] = static_cast<char>(bytes[bytes.size() - 30] ^ 1);
        REQUIRE(core::WriteFileAtomically(files, house.folder.Path() / name, bytes));
    }
    house.Restart();
    CHECK(house.Sums("m", 0, 60).empty());
    CHECK(house.Sums("m", detail::kDay, 2 * detail::kDay, 3600) ==
          std::to_string(detail::kDay) + "=2");
    house.Restart();
}

TEST_CASE("a journal's half-written end is left out") {
    detail::JournalCell cell{"key", 1, kStart, {}};
    Statistic::Of(4).Encode(cell.statistic);
    const std::string record = detail::EncodeRecord({cell});
    const std::string two = record + record;
    for (size_t cut = 0; cut <= two.size(); ++cut) {
        const auto cells = detail::DecodeJournal(std::string_view(two).substr(0, cut));
        CHECK(cells.size() == cut / record.size());
    }
    std::string bad = two;
    bad[record.size() + 12] = static_cast<char>(bad[record.size() + 12] ^ 1);
    CHECK(detail::DecodeJournal(bad).size() == 1);
}

TEST_CASE("several threads put and read at once, while files change") {
    House house;
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < 50; ++i) {
                CHECK(house.store->Put({Of("m" + std::to_string(t), kStart + i, 1)}));
                CHECK(house.store->Query(Named("m0"), {kStart, kStart + 3600, 60}));
            }
        });
    }
    for (int i = 0; i < 10; ++i) CHECK(house.store->Flush());
    for (std::thread& thread : threads) thread.join();
    for (int t = 0; t < 3; ++t) {
        CHECK(house.Sums("m" + std::to_string(t), 0, 60) == "0=50");
    }
}
