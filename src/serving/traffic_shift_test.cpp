#include "serving/traffic_shift.h"

#include <doctest/doctest.h>

namespace gyre::serving {
namespace {

using core::milliseconds;
using core::seconds;

core::Result<TrafficShift> ReadShift(const std::string& text, int instances = 4) {
    const auto json = core::ParseJson(text);
    REQUIRE(json);
    return TrafficShift::Read(&*json, instances);
}

std::string Policy(const std::string& routing, const std::string& more = "") {
    return R"({"BlueGreenUpdatePolicy":{"TrafficRoutingConfiguration":{)" + routing + "}" + more +
           "}}";
}

TEST_CASE("without a policy all traffic moves at once") {
    const auto shift = TrafficShift::Read(nullptr, 1);
    REQUIRE(shift);
    CHECK(shift->At(milliseconds(0)).done);
    CHECK(shift->At(milliseconds(0)).share == 1);
    CHECK(ReadShift(Policy(R"("Type":"ALL_AT_ONCE","WaitIntervalInSeconds":0)"))->At({}).done);
}

TEST_CASE("all at once, a bake, and a while for the old fleet") {
    const auto shift = ReadShift(Policy(R"("Type":"ALL_AT_ONCE","WaitIntervalInSeconds":10)",
                                        R"(,"TerminationWaitInSeconds":5)"));
    REQUIRE(shift);
    CHECK(shift->At({}).share == 1);
    CHECK_FALSE(shift->At({}).done);
    CHECK(shift->At({}).next == seconds(10));
    CHECK(shift->At(seconds(12)).next == seconds(3));
    CHECK_FALSE(shift->At(milliseconds(14'999)).done);
    CHECK(shift->At(seconds(15)).done);
}

TEST_CASE("a canary has its share for one interval, then all for another") {
    const auto shift = ReadShift(Policy(
        R"("Type":"CANARY","WaitIntervalInSeconds":60,"CanarySize":{"Type":"CAPACITY_PERCENT","Value":10})"));
    REQUIRE(shift);
    CHECK(shift->At({}).share == doctest::Approx(0.1));
    CHECK(shift->At(milliseconds(59'999)).share == doctest::Approx(0.1));
    CHECK(shift->At(milliseconds(59'999)).next == milliseconds(1));
    CHECK(shift->At(seconds(60)).share == 1);
    CHECK_FALSE(shift->At(seconds(119)).done);
    CHECK(shift->At(seconds(120)).done);
}

TEST_CASE("linear steps, by instances, the last one smaller") {
    const auto shift = ReadShift(
        Policy(
            R"("Type":"LINEAR","WaitIntervalInSeconds":10,"LinearStepSize":{"Type":"INSTANCE_COUNT","Value":2})"),
        5);
    REQUIRE(shift);
    CHECK(shift->At({}).share == doctest::Approx(0.4));
    CHECK(shift->At(seconds(10)).share == doctest::Approx(0.8));
    CHECK(shift->At(seconds(20)).share == 1);
    CHECK_FALSE(shift->At(seconds(29)).done);
    CHECK(shift->At(seconds(30)).done);
}

TEST_CASE("sizes that make no sense, and the alarms") {
    CHECK_FALSE(ReadShift(Policy(R"("Type":"CANARY","WaitIntervalInSeconds":1)")));
    CHECK_FALSE(ReadShift(Policy(
        R"("Type":"CANARY","WaitIntervalInSeconds":1,"CanarySize":{"Type":"CAPACITY_PERCENT","Value":60})")));
    CHECK_FALSE(ReadShift(
        Policy(
            R"("Type":"LINEAR","WaitIntervalInSeconds":1,"LinearStepSize":{"Type":"INSTANCE_COUNT","Value":3})"),
        4));
    CHECK_FALSE(ReadShift(Policy(
        R"("Type":"LINEAR","WaitIntervalInSeconds":1,"LinearStepSize":{"Type":"CAPACITY_PERCENT","Value":9})")));
    const auto alarms = ReadShift(
        R"({"AutoRollbackConfiguration":{"Alarms":[{"AlarmName":"a"},{"AlarmName":"b"}]}})");
    REQUIRE(alarms);
    CHECK(alarms->alarms == std::vector<std::string>{"a", "b"});
}

}  // namespace
}  // namespace gyre::serving
