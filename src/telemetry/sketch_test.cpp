#include "telemetry/sketch.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "telemetry/statistic.h"

using namespace gyre::telemetry;

TEST_CASE("percentiles are within one part in a hundred") {
    std::mt19937 random(7);
    std::lognormal_distribution<double> latency(3, 1.5);
    std::vector<double> values;
    Sketch whole;
    Sketch halves[2];
    for (int i = 0; i < 20'000; ++i) {
        values.push_back(latency(random));
        whole.Add(values.back(), 1);
        halves[i % 2].Add(values.back(), 1);
    }
    std::sort(values.begin(), values.end());
    halves[0].Merge(halves[1]);
    for (const double rank : {0.01, 0.5, 0.9, 0.99, 0.999}) {
        const double exact = values[static_cast<size_t>(std::ceil(rank * 20'000)) - 1];
        CHECK(std::abs(whole.Quantile(rank) - exact) <= 0.0101 * exact);
        CHECK(halves[0].Quantile(rank) == doctest::Approx(whole.Quantile(rank)));
    }
}

TEST_CASE("zero, negative and few values") {
    Sketch sketch;
    CHECK(sketch.Empty());
    CHECK(sketch.Quantile(0.5) == 0);
    sketch.Add(-100, 1);
    sketch.Add(0, 2);
    sketch.Add(100, 1);
    CHECK(sketch.Quantile(0) == doctest::Approx(-100).epsilon(0.01));
    CHECK(sketch.Quantile(0.5) == 0);
    CHECK(sketch.Quantile(1) == doctest::Approx(100).epsilon(0.01));
}

TEST_CASE("bins are bounded, and the large values keep their places") {
    Sketch sketch;
    for (int i = 0; i < 20'000; ++i) sketch.Add(std::pow(1.05, i % 5000), 1);
    std::string bytes;
    sketch.Encode(bytes);
    CHECK(bytes.size() < Sketch::kMaxBins * 8);
    CHECK(sketch.Quantile(1) == doctest::Approx(std::pow(1.05, 4999)).epsilon(0.01));
}

TEST_CASE("a statistic is merged, written and read") {
    Statistic all = Statistic::Of(5, 3);
    all.Merge(Statistic::Of(-2.5));
    CHECK(all.count == 4);
    CHECK(all.sum == 12.5);
    CHECK(all.min == -2.5);
    CHECK(all.max == 5);
    CHECK(all.Percentile(100) == 5);
    Statistic sums = Statistic::OfSet(10, 50, 1, 9);
    CHECK_FALSE(sums.has_sketch);
    CHECK(Statistic::OfSet(2, 8, 4, 4).has_sketch);
    sums.Merge(all);
    CHECK_FALSE(sums.has_sketch);
    CHECK(sums.count == 14);
    Statistic empty;
    empty.Merge(all);
    CHECK(empty.sum == 12.5);
    for (const Statistic& statistic : {all, sums, Statistic::Of(7, 1e6), Statistic::Of(0)}) {
        std::string bytes;
        statistic.Encode(bytes);
        std::string_view in = bytes;
        Statistic read;
        REQUIRE(read.Decode(in));
        CHECK(in.empty());
        CHECK(read.count == statistic.count);
        CHECK(read.sum == statistic.sum);
        CHECK(read.min == statistic.min);
        CHECK(read.max == statistic.max);
        CHECK(read.has_sketch == statistic.has_sketch);
        if (read.has_sketch) CHECK(read.Percentile(90) == statistic.Percentile(90));
        for (size_t cut = 0; cut < bytes.size(); ++cut) {
            std::string_view part = std::string_view(bytes).substr(0, cut);
            CHECK_FALSE(Statistic().Decode(part));
        }
    }
}
