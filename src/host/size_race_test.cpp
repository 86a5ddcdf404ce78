#include "host/size_race.h"

#include <doctest/doctest.h>

#include <functional>
#include <map>

namespace gyre::host {
namespace {

using core::microseconds;
using Runner = SizeRace::Runner;

using Cost = std::function<double(int rows)>;  // of a row, in µs

/// Runs batches where `waiting` always wait; how many batches each size had.
std::map<int, int> Run(SizeRace& race, const Cost& cost, int batches, int waiting = 64,
                       int most = 64) {
    std::map<int, int> sizes;
    for (int i = 0; i < batches; i++) {
        const SizeRace::Lap lap = race.Next(waiting, most);
        const int rows = std::min(lap.rows, waiting);
        sizes[rows]++;
        // The machine is twice as slow every other ten batches.
        const double slow = i / 10 % 2 == 0 ? 1 : 2;
        race.Finish(lap.runner, rows, microseconds(int64_t(cost(rows) * rows * slow)));
    }
    return sizes;
}

double Fixed(int rows) {
    return 1'000 + 1'000.0 / rows;
}
/// Cheapest at 8: larger ones fall out of the cache.
double Cache(int rows) {
    return Fixed(rows) + std::max(0, rows - 8) * 20;
}

TEST_CASE("races find the size from which on rows get no cheaper, whatever the start") {
    SizeRace from_the_top;
    Run(from_the_top, Fixed, 3'000);
    CHECK(from_the_top.Best() == 32);  // 64 gains 1.5%
    SizeRace from_below;
    from_below.Learn(1, microseconds(1'000));
    from_below.Learn(2, microseconds(2'000));
    REQUIRE(from_below.Best() == 1);
    Run(from_below, Fixed, 3'000);
    CHECK(from_below.Best() == 16);  // 32 gains 2.9%
}

TEST_CASE(
    "a size that fell out of the cache loses, and little is spent on races that change nothing") {
    SizeRace race;
    Run(race, Cache, 500);
    CHECK(race.Best() == 8);
    const auto sizes = Run(race, Cache, 10'000);
    CHECK(race.Best() == 8);
    CHECK(sizes.at(8) > 9'700);
}

TEST_CASE("where nobody waits for an answer a larger batch wins that is about as good") {
    SizeRace race(true);
    race.Learn(1, microseconds(1'000));
    race.Learn(2, microseconds(2'000));
    REQUIRE(race.Best() == 1);
    Run(race, [](int rows) { return Cache(rows) * (rows == 8 ? 1.005 : 1); }, 3'000);
    CHECK(race.Best() == 8);
    Run(race, [](int) { return 1'000; }, 3'000);
    CHECK(race.Best() == SizeRace::kLargest);
}

TEST_CASE("with few waiting it is raced what they make") {
    SizeRace race;
    Run(race, Cache, 500, 20);
    CHECK(race.Best() == 8);
    SizeRace alone;
    Run(alone, Cache, 500, 1);
    CHECK(alone.Best() == SizeRace::kLargest);
}

TEST_CASE("a rival keeps within what may be taken") {
    SizeRace race;
    race.Learn(1, microseconds(1'000));
    race.Learn(2, microseconds(2'000));
    for (const auto& [rows, count] : Run(race, Fixed, 2'000, 64, 4)) CHECK(rows <= 4);
    CHECK(race.Best() <= 4);
}

TEST_CASE("the warm-up starts it at the smallest size that is nearly the cheapest") {
    SizeRace race;
    CHECK(race.Best() == SizeRace::kLargest);
    for (const auto& [rows, us] : {std::pair{1, 2'500}, {4, 6'000}, {8, 10'300}, {16, 20'200}}) {
        race.Learn(rows, microseconds(us));
    }
    CHECK(race.Best() == 8);
    race.Learn(32, microseconds(32'000));
    CHECK(race.Best() == SizeRace::kLargest);  // the largest is the cheapest: more may be better
}

TEST_CASE("requests of many rows end a race and change nothing") {
    SizeRace race;
    race.Learn(1, microseconds(1'000));
    race.Learn(2, microseconds(2'000));
    for (int i = 0; i < 200; i++) {
        CHECK_FALSE(race.Finish(race.Next(32, 64).runner, 32, microseconds(32'000)));
    }
    CHECK(race.Best() == 1);
}

TEST_CASE("a race whose batches did not run ends, and later ones are held") {
    SizeRace race;
    for (int i = 0; i < 200; i++) race.Abandon(race.Next(64, 64).runner);
    CHECK(race.Best() == SizeRace::kLargest);
    Run(race, Cache, 500, 20);
    CHECK(race.Best() == 8);
}

}  // namespace
}  // namespace gyre::host
