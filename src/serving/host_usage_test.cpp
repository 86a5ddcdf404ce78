#include "serving/host_usage.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <fstream>

#include "core/temp_dir.h"

using namespace gyre;
using namespace gyre::serving;

TEST_CASE("processes are counted by their group, whatever their name is") {
    const core::TempDir proc;
    const auto process = [&](const std::string& id, const std::string& stat) {
        std::filesystem::create_directories(proc.Path() / id);
        std::ofstream(proc.Path() / id / "stat") << stat;
    };
    const std::string rest = " 10 0 -1 0 0 0 0 0 100 50 7 3 20 0 5 0 12345 1000000 2 184 0 0";
    process("20", "20 (gyre-host) S 1 20" + rest);
    process("21", "21 (a) b (c) R 20 20" + rest);
    process("30", "30 (other) S 1 30" + rest);
    process("self", "20 (x) S 1 20" + rest);
    process("40", "40 (cut) S 1");
    // Opens and cannot be read, as that of a process which ends in between.
    std::filesystem::create_directories(proc.Path() / "50" / "stat");
    const auto usage = ReadUsage(proc.Path());
    REQUIRE(usage.size() == 2);
    const double tick = 1.0 / static_cast<double>(sysconf(_SC_CLK_TCK));
    CHECK(usage.at(20).cpu_seconds == doctest::Approx(320 * tick));
    CHECK(usage.at(20).memory_bytes == 4.0 * static_cast<double>(sysconf(_SC_PAGESIZE)));
    CHECK(usage.at(30).cpu_seconds == doctest::Approx(160 * tick));
    CHECK(ReadUsage(proc.Path() / "none").empty());
    CHECK(ReadUsage().contains(getpgid(0)));
}

TEST_CASE("shares are what came between two looks") {
    UsageMeter meter;
    core::SteadyTime now{core::seconds(100)};
    CHECK(meter.Look({{1, {5, 100}}}, now, 1000).empty());
    now += core::seconds(10);
    const auto shares = meter.Look({{1, {20, 250}}, {2, {9, 1}}}, now, 1000);
    REQUIRE(shares.size() == 1);
    CHECK(shares.at(1).cpu_percent == doctest::Approx(150));
    CHECK(shares.at(1).memory_percent == doctest::Approx(25));
    now += core::seconds(10);
    CHECK(meter.Look({{1, {19, 250}}}, now, 1000).at(1).cpu_percent == 0);
}
