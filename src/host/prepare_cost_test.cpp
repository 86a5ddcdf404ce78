#include <doctest/doctest.h>

#include "host/detail/prepare_cost.h"

namespace gyre::host {
namespace {

using core::microseconds;

int SamplesUntil(bool cheap, detail::PrepareCost& cost, size_t bytes, microseconds took) {
    int samples = 0;
    while (cost.IsCheap(bytes) != cheap && samples < 1'000) {
        cost.Observe(bytes, took);
        samples++;
    }
    return samples;
}

TEST_CASE("a sample that a busy machine stretched moves no small bodies to the pool") {
    detail::PrepareCost cost;
    CHECK(cost.IsCheap(100));
    for (int i = 0; i < 3; i++) cost.Observe(100, microseconds(50'000));
    CHECK(cost.IsCheap(100));
    CHECK(cost.Predict(100) < microseconds(40));
}

TEST_CASE("what is decoded slowly goes to the pool within some tens of requests, and back again") {
    detail::PrepareCost cost;
    CHECK(SamplesUntil(false, cost, 100, microseconds(500)) < 20);
    CHECK(SamplesUntil(true, cost, 100, microseconds(5)) < 60);
}

TEST_CASE("large bodies are cheap when one has shown it") {
    detail::PrepareCost cost;
    CHECK_FALSE(cost.IsCheap(100'000));
    CHECK(cost.Predict(100'000) == microseconds(0));
    cost.Observe(100'000, microseconds(10));
    CHECK(cost.IsCheap(100'000));
    CHECK_FALSE(cost.IsCheap(1'000'000));
}

}  // namespace
}  // namespace gyre::host
