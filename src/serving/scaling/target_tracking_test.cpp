#include "serving/scaling/target_tracking.h"

#include <doctest/doctest.h>

#include <boost/json.hpp>

using namespace gyre;
using namespace gyre::serving::scaling;

namespace {

constexpr core::milliseconds kLong{3'600'000};

TargetTracking Read(const std::string& more) {
    const auto json = core::ParseJson(R"({"TargetValue":100,)" + more + "}");
    const auto read = TargetTracking::Read(*json, {"e", "v"});
    REQUIRE_MESSAGE(read, read.error().ToString());
    return *read;
}

TargetTracking Invocations(const std::string& more = "") {
    return Read(R"("PredefinedMetricSpecification":
        {"PredefinedMetricType":"SageMakerVariantInvocationsPerInstance"})" +
                more);
}

int Wanted(const TargetTracking& policy, int instances, std::optional<double> value,
           core::milliseconds since_out = kLong, core::milliseconds since_in = kLong) {
    return policy.Wanted(
        {.instances = instances, .value = value, .since_out = since_out, .since_in = since_in});
}

TEST_CASE("the resource is a variant") {
    const auto scaled = ScaledVariant::Parse("endpoint/my-end/variant/All");
    REQUIRE(scaled);
    CHECK(scaled->endpoint == "my-end");
    CHECK(scaled->variant == "All");
    for (const char* bad :
         {"", "endpoint/a", "endpoint//variant/b", "endpoint/a/variant/", "service/a/variant/b"}) {
        CHECK_FALSE(ScaledVariant::Parse(bad));
    }
}

TEST_CASE("as many as the invocations of a minute want") {
    const TargetTracking policy = Invocations();
    CHECK(policy.series.metric == "Invocations");
    CHECK(Wanted(policy, 1, 250) == 3);
    CHECK(Wanted(policy, 3, 250) == 3);
    CHECK(Wanted(policy, 3, 300) == 3);
    CHECK(Wanted(policy, 0, 1) == 1);
    CHECK(Wanted(policy, 3, 0) == 0);
    CHECK(Wanted(policy, 3, 199) == 3);  // two would be nearly too few
    CHECK(Wanted(policy, 3, 179) == 2);
    CHECK(policy.ValueOf(std::nullopt) == 0);
    CHECK(policy.ValueOf(telemetry::Statistic::Of(1, 70)) == 70);
}

TEST_CASE("cooldowns hold it back, and it may be told never to scale in") {
    const TargetTracking policy = Invocations(R"(,"ScaleOutCooldown":30,"ScaleInCooldown":60)");
    using core::milliseconds;
    CHECK(Wanted(policy, 1, 250, milliseconds(29'999)) == 1);
    CHECK(Wanted(policy, 1, 250, milliseconds(30'000)) == 3);
    CHECK(Wanted(policy, 3, 0, milliseconds(59'999), kLong) == 3);
    CHECK(Wanted(policy, 3, 0, kLong, milliseconds(59'999)) == 3);
    CHECK(Wanted(policy, 3, 0, milliseconds(60'000), milliseconds(60'000)) == 0);
    CHECK(Wanted(Invocations(R"(,"DisableScaleIn":true)"), 3, 0) == 3);
}

TEST_CASE("a metric of one's own is what each instance has") {
    const TargetTracking policy = Read(R"("CustomizedMetricSpecification":{"Namespace":"App",
        "MetricName":"Load","Statistic":"Average","Dimensions":[{"Name":"b","Value":"2"},
                                                                {"Name":"a","Value":"1"}]})");
    CHECK(policy.series.dimensions[0].first == "a");
    CHECK(Wanted(policy, 2, 150) == 3);
    CHECK(Wanted(policy, 4, 40) == 2);
    CHECK(Wanted(policy, 0, 250) == 3);
    CHECK(Wanted(policy, 2, std::nullopt) == 2);
    CHECK(policy.ValueOf(std::nullopt) == std::nullopt);
    CHECK(policy.ValueOf(telemetry::Statistic::OfSet(2, 30, 10, 20)) == 15);
}

TEST_CASE("what cannot be is refused") {
    const auto refuse = [](const std::string& text) {
        const auto read = TargetTracking::Read(*core::ParseJson(text), {"e", "v"});
        REQUIRE_FALSE(read);
        return read.error().message;
    };
    CHECK(refuse(R"({"TargetValue":0})").find("greater than 0") != std::string::npos);
    CHECK(refuse(R"({"TargetValue":1})").find("either") != std::string::npos);
    CHECK(refuse(R"({"TargetValue":1,"PredefinedMetricSpecification":
        {"PredefinedMetricType":"ECSServiceAverageCPUUtilization"}})")
              .find("not implemented") != std::string::npos);
    CHECK(refuse(R"({"TargetValue":1,"CustomizedMetricSpecification":{"Metrics":[]}})")
              .find("not implemented") != std::string::npos);
}

}  // namespace
