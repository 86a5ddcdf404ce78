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
    Retries retries(TwiceWithin10s(), false);
    CHECK(retries.After(Of(Then::kAgain), start));
    CHECK(retries.After(Of(Then::kAgain), start));
    CHECK_FALSE(retries.After(Of(Then::kAgain), start));
    CHECK_FALSE(Retries(TwiceWithin10s(), false).After(Of(Then::kGiveUp), start));
}

TEST_CASE("want of room is not counted, for as long as a request may take") {
    const core::SteadyTime start{};
    Retries retries(TwiceWithin10s(), false);
    for (int i = 0; i < 100; i++) CHECK(retries.After(Of(Then::kLater), start));
    const core::SteadyTime late = start + core::seconds(10);
    CHECK(retries.After(Of(Then::kLater), late));
    CHECK(retries.After(Of(Then::kLater), late));
    CHECK_FALSE(retries.After(Of(Then::kLater), late));
}

TEST_CASE("what a host ended under is made again alone, and counted from then on") {
    const core::SteadyTime start{};
    Retries retries(TwiceWithin10s(), false);
    CHECK(retries.After(Of(Then::kAgain), start));
    CHECK_FALSE(retries.Alone());
    CHECK(retries.After(Of(Then::kAlone), start));
    CHECK(retries.Alone());
    CHECK(retries.After(Of(Then::kAlone), start));
    CHECK_FALSE(retries.After(Of(Then::kAlone), start));

    Retries always(TwiceWithin10s(), true);
    CHECK(always.After(Of(Then::kAlone), start));
    CHECK(always.After(Of(Then::kAlone), start));
    CHECK_FALSE(always.After(Of(Then::kAlone), start));
}

TEST_CASE(
    "a part of what no model answered is tried once, of what one refused as often as a whole") {
    const core::SteadyTime start{};
    Retries silent(TwiceWithin10s(), false, Of(Then::kAgain));
    CHECK_FALSE(silent.Alone());
    CHECK(silent.After(Of(Then::kLater), start));
    CHECK_FALSE(silent.After(Of(Then::kAgain), start));
    Retries deadly(TwiceWithin10s(), false, Of(Then::kAlone));
    CHECK(deadly.Alone());
    CHECK_FALSE(deadly.After(Of(Then::kAlone), start));
    Refusal refusal = Of(Then::kAgain);
    refusal.status = 500;
    Retries refused(TwiceWithin10s(), false, refusal);
    CHECK(refused.After(refusal, start));
    CHECK(refused.After(refusal, start));
    CHECK_FALSE(refused.After(refusal, start));
    CHECK(Retries(TwiceWithin10s(), false, Of(Then::kGiveUp)).After(refusal, start));
}

TEST_CASE("pauses grow to two seconds") {
    Retries retries(TwiceWithin10s(), false);
    core::milliseconds pause = retries.Pause();
    CHECK(pause == core::milliseconds(50));
    CHECK(retries.Pause() == core::milliseconds(100));
    for (int i = 0; i < 10; i++) pause = retries.Pause();
    CHECK(pause == core::milliseconds(2'000));
}

}  // namespace gyre::transform
