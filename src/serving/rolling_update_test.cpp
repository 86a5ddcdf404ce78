#include "serving/rolling_update.h"

#include <doctest/doctest.h>

#include <boost/json.hpp>

using namespace gyre;
using namespace gyre::serving;
using core::milliseconds;

namespace {

RollingUpdate Of(const std::string& size, int instances, const std::string& back = "") {
    const auto json = core::ParseJson(
        R"({"RollingUpdatePolicy":{"WaitIntervalInSeconds":60,"MaximumBatchSize":)" + size +
        (back.empty() ? back : R"(,"RollbackMaximumBatchSize":)" + back) + "}}");
    REQUIRE(json);
    const auto read = RollingUpdate::Read(&*json, instances, instances);
    REQUIRE_MESSAGE(read, read.error().ToString());
    REQUIRE(*read);
    return **read;
}

TEST_CASE("batches of a fleet") {
    CHECK(Of(R"({"Type":"INSTANCE_COUNT","Value":2})", 5).Batches() == 3);
    CHECK(Of(R"({"Type":"CAPACITY_PERCENT","Value":50})", 5).batch == 2);
    CHECK(Of(R"({"Type":"CAPACITY_PERCENT","Value":5})", 4).batch == 1);
    CHECK(Of(R"({"Type":"CAPACITY_PERCENT","Value":50})", 1).Batches() == 1);
    CHECK_FALSE(RollingUpdate::Read(nullptr, 1, 1)->has_value());
    for (const char* bad :
         {R"({"RollingUpdatePolicy":{"MaximumBatchSize":{"Type":"INSTANCE_COUNT","Value":2}}})",
          R"({"RollingUpdatePolicy":{"MaximumBatchSize":{"Type":"CAPACITY_PERCENT","Value":60}}})",
          R"({"RollingUpdatePolicy":{"MaximumBatchSize":{"Type":"INSTANCE_COUNT","Value":1},
              "RollbackMaximumBatchSize":{"Type":"INSTANCE_COUNT","Value":4}}})",
          R"({"RollingUpdatePolicy":{"MaximumBatchSize":{"Type":"INSTANCE_COUNT","Value":1}},
              "BlueGreenUpdatePolicy":{}})"}) {
        const auto json = core::ParseJson(bad);
        const auto read = RollingUpdate::Read(&*json, 3, 3);
        REQUIRE_MESSAGE(!read, bad);
        CHECK(read.error().wire_name == "ValidationException");
    }
}

TEST_CASE("a batch comes up, is watched, and as many old ones go") {
    const RollingUpdate rolling = Of(R"({"Type":"INSTANCE_COUNT","Value":2})", 4);
    const auto at = [&](int rolled, int seconds) {
        return rolling.At(rolled, milliseconds(seconds * 1000));
    };
    CHECK(at(0, 0).next);
    CHECK(at(0, 0).fresh == 0.5);
    CHECK(at(0, 0).old == 1);
    CHECK_FALSE(at(1, 59).next);  // watched
    CHECK(at(1, 59).fresh == 0.5);
    CHECK(at(1, 59).old == 1);
    CHECK(at(1, 59).again == milliseconds(1000));
    CHECK(at(1, 60).next);
    CHECK(at(1, 60).fresh == 1);
    CHECK(at(1, 60).old == 0.5);
    CHECK(at(2, 0).old == 0.5);
    CHECK_FALSE(at(2, 0).done);
    CHECK(at(2, 60).done);
    CHECK(at(2, 60).old == 0);
}

TEST_CASE("the way back, all at once or in batches of its own") {
    const std::string one_by_one = R"({"Type":"INSTANCE_COUNT","Value":1})";
    const RollingUpdate at_once = Of(one_by_one, 4);
    CHECK(at_once.BackAfter(0.5) == 6);
    CHECK(at_once.Back(3, 6).old == 1);
    CHECK(at_once.Back(3, 6).fresh == 0.5);  // until they are up
    CHECK(at_once.Back(3, 6).done);

    const RollingUpdate rolling = Of(one_by_one, 4, R"({"Type":"CAPACITY_PERCENT","Value":30})");
    CHECK(rolling.back_batch == 1);
    CHECK(rolling.BackAfter(0.25) == 2);
    CHECK(rolling.Back(3, 2).old == 0.5);
    CHECK(rolling.Back(3, 2).fresh == 0.75);
    CHECK(rolling.Back(3, 2).next);
    CHECK(rolling.Back(3, 4).old == 1);
    CHECK(rolling.Back(3, 4).fresh == 0.25);
    CHECK(rolling.Back(3, 4).done);
    // The third was watched still: nothing of the old fleet that its batch replaces has gone.
    CHECK(rolling.BackAfter(0.5) == 3);
    CHECK(rolling.Back(3, 3).fresh == 0.5);
}

TEST_CASE("a part of a deployment") {
    Deployment deployment;
    for (const int count : {4, 3, 1}) deployment.variants.emplace_back().count = count;
    const auto counts = [&](double part) {
        std::vector<int> all;
        for (const auto& variant : PartOf(deployment, part).variants) all.push_back(variant.count);
        return all;
    };
    CHECK(counts(0) == std::vector<int>{0, 0, 0});
    CHECK(counts(0.5) == std::vector<int>{2, 2, 1});
    CHECK(counts(1 - 0.75) == std::vector<int>{1, 1, 1});
    CHECK(counts(1) == std::vector<int>{4, 3, 1});
}

}  // namespace
