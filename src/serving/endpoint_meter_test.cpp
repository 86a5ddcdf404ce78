#include "serving/endpoint_meter.h"

#include <doctest/doctest.h>

using namespace gyre;
using namespace gyre::serving;

TEST_CASE("the metrics of endpoints count what predictions did") {
    EndpointMeter meter;
    using core::microseconds;
    meter.Record("e", "a", {200, true, microseconds(1000), microseconds(50)});
    meter.Record("e", "a", {400, true, microseconds(3000), microseconds(150)});
    meter.Record("e", "a", {500, false, microseconds(0), microseconds(0)});
    meter.Record("e", "b", {200, true, microseconds(7), microseconds(1)});
    const core::WallTime now{core::seconds(1'764'000'000)};
    const auto samples =
        meter.Take(now, [](const std::string&, const std::string& variant) -> size_t {
            return variant == "a" ? 2 : 0;
        });
    const auto find = [&](const std::string& metric, const std::string& variant) {
        for (const auto& sample : samples) {
            if (sample.series.metric == metric && sample.series.dimensions[1].second == variant) {
                CHECK(sample.series.name_space == "AWS/SageMaker");
                CHECK(sample.time == now);
                return sample.value;
            }
        }
        return telemetry::Statistic();
    };
    CHECK(find("Invocations", "a").sum == 3);
    CHECK(find("InvocationsPerInstance", "a").sum == 1.5);
    CHECK(find("InvocationsPerInstance", "b").sum == 1);
    CHECK(find("Invocation4XXErrors", "a").sum == 1);
    CHECK(find("Invocation4XXErrors", "a").count == 3);
    CHECK(find("Invocation5XXErrors", "a").sum == 1);
    CHECK(find("InvocationModelErrors", "a").sum == 2);
    CHECK(find("Invocation5XXErrors", "b").sum == 0);
    CHECK(find("ModelLatency", "a").count == 2);
    CHECK(find("ModelLatency", "a").sum == 4000);
    CHECK(find("ModelLatency", "a").min == 1000);
    CHECK(find("ModelLatency", "a").Percentile(100) == 3000);
    CHECK(find("OverheadLatency", "a").max == 150);
    CHECK(meter.Take(now, [](const auto&, const auto&) -> size_t { return 1; }).empty());
}
