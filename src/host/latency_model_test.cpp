#include "host/latency_model.h"

#include <doctest/doctest.h>

namespace gyre::host {
namespace {

using core::microseconds;

void Feed(LatencyModel& model, int rows, int us, int times = 5) {
    for (int i = 0; i < times; i++) model.Observe(rows, microseconds(us));
}

TEST_CASE("nothing seen predicts nothing and limits nothing") {
    const LatencyModel model;
    CHECK_FALSE(model.Predict(1));
    CHECK_FALSE(model.PredictHigh(1));
    CHECK(model.LargestWithin(microseconds(1), 32) == 32);
}

TEST_CASE("sizes that ran predict the others on the line between them") {
    LatencyModel model;
    Feed(model, 1, 2'000);
    Feed(model, 5, 6'000);
    const std::pair<int, int> cases[] = {{1, 2'000}, {3, 4'000}, {5, 6'000}, {9, 10'000}};
    for (const auto& [rows, us] : cases) {
        CAPTURE(rows);
        CHECK(model.Predict(rows) == microseconds(us));
    }
}

TEST_CASE("one size alone scales by rows upward and halfway downward") {
    LatencyModel model;
    Feed(model, 8, 8'000);
    CHECK(model.Predict(16) == microseconds(16'000));
    CHECK(model.Predict(4) == microseconds(6'000));
}

TEST_CASE("a size beyond the largest never costs less than it, nor more than its rows") {
    LatencyModel falling;
    Feed(falling, 1, 5'000);
    Feed(falling, 8, 4'000);
    CHECK(falling.Predict(16) == microseconds(4'000));
    LatencyModel steep;
    Feed(steep, 1, 100);
    Feed(steep, 2, 10'000);
    CHECK(steep.Predict(4) == microseconds(20'000));
}

TEST_CASE("a cold first run, a busy machine and a lasting change") {
    LatencyModel model;
    model.Observe(1, microseconds(900'000));
    Feed(model, 1, 1'000);
    CHECK(model.Predict(1) == microseconds(1'000));
    model.Observe(1, microseconds(500'000));
    CHECK(*model.Predict(1) <= microseconds(1'100));
    Feed(model, 1, 4'000, 60);
    CHECK(*model.Predict(1) > microseconds(3'800));
}

TEST_CASE("the high prediction grows with what varies") {
    LatencyModel steady;
    LatencyModel shaky;
    for (int i = 0; i < 100; i++) {
        steady.Observe(4, microseconds(1'000));
        shaky.Observe(4, microseconds(i % 2 == 0 ? 700 : 1'300));
    }
    CHECK(steady.PredictHigh(4) == microseconds(1'000));
    CHECK(*shaky.PredictHigh(4) > microseconds(1'400));
}

TEST_CASE("the largest size within a limit is at least one") {
    LatencyModel model;
    Feed(model, 1, 2'000);
    Feed(model, 11, 12'000);
    CHECK(model.LargestWithin(microseconds(7'000), 32) == 6);
    CHECK(model.LargestWithin(microseconds(100), 32) == 1);
    CHECK(model.LargestWithin(microseconds(1'000'000), 32) == 32);
}

}  // namespace
}  // namespace gyre::host
