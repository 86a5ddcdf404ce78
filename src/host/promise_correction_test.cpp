#include "host/promise_correction.h"

#include <doctest/doctest.h>

#include <random>

namespace gyre::host {
namespace {

using core::microseconds;

TEST_CASE("predictions that hold are left alone") {
    PromiseCorrection correction;
    for (int i = 0; i < 1000; i++) correction.Observe(microseconds(1000), microseconds(900));
    CHECK(correction.Apply(microseconds(1000)) == microseconds(1000));
}

TEST_CASE("whatever makes predictions short, about one promise in thirty is broken") {
    for (const double short_by : {1.3, 2.0, 2.5}) {
        CAPTURE(short_by);
        PromiseCorrection correction;
        std::mt19937_64 random(1);
        std::normal_distribution<double> noise(short_by, 0.1);
        int broken = 0;
        for (int i = 0; i < 6000; i++) {
            const microseconds actual(static_cast<int64_t>(10'000 * noise(random)));
            if (i >= 1000 && actual > correction.Apply(microseconds(10'000))) broken++;
            correction.Observe(microseconds(10'000), actual);
        }
        CHECK(broken > 5000 / 60);
        CHECK(broken < 5000 / 20);
    }
}

TEST_CASE("a stall is forgotten, and the factor has bounds") {
    PromiseCorrection correction;
    for (int i = 0; i < 100; i++) correction.Observe(microseconds(1000), microseconds(1'000'000));
    CHECK(correction.Apply(microseconds(1000)) == microseconds(3000));
    CHECK(correction.Remove(microseconds(3000)) == microseconds(1000));
    for (int i = 0; i < 400; i++) correction.Observe(microseconds(1000), microseconds(1000));
    CHECK(correction.Apply(microseconds(1000)) < microseconds(1100));
}

}  // namespace
}  // namespace gyre::host
