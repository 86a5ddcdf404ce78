#include "transform/retries.h"

#include <doctest/doctest.h>

namespace gyre::transform {
namespace {

using Then = Refusal::Then;

Refusal Of(Then then) {
    Refusal refusal;
    refusal.then = then;
    return refusal;
}

TransformSpec TwiceWithin10s() {
    TransformSpec spec;
    spec.retries = 2;
    spec.timeout_seconds = 10;
    return spec;
}

}  // namespace

TEST_CASE("a failed request is made again as often as the job says") {
    const core::SteadyTime start{};
    Retries retries(TwiceWithin10s(), start);
    CHECK(retries.After(Of(Then::kAgain), start));
    CHECK(retries.After(Of(Then::kAgain), start));
    CHECK_FALSE(retries.After(Of(Then::kAgain), start));
    CHECK_FALSE(Retries(TwiceWithin10s(), start).After(Of(Then::kGiveUp), start));
}

TEST_CASE("want of room is not counted, for as long as a request may take") {
    const core::SteadyTime start{};
    Retries retries(TwiceWithin10s(), start);
    for (int i = 0; i < 100; i++) CHECK(retries.After(Of(Then::kLater), start));
    const core::SteadyTime late = start + core::seconds(10);
    CHECK(retries.After(Of(Then::kLater), late));
    CHECK(retries.After(Of(Then::kLater), late));
    CHECK_FALSE(retries.After(Of(Then::kLater), late));
}

TEST_CASE("pauses grow to two seconds") {
    Retries retries(TwiceWithin10s(), {});
    core::milliseconds pause = retries.Pause();
    CHECK(pause == core::milliseconds(50));
    CHECK(retries.Pause() == core::milliseconds(100));
    for (int i = 0; i < 10; i++) pause = retries.Pause();
    CHECK(pause == core::milliseconds(2'000));
}

}  // namespace gyre::transform
