#include "host/ping_judge.h"

#include <doctest/doctest.h>

namespace gyre::host {

using core::seconds;

namespace {

constexpr core::SteadyTime kStart{};

core::SteadyTime At(int second) {
    return kStart + seconds(second);
}

}  // namespace

TEST_CASE("an idle program is stuck after several failed pings in a row") {
    PingJudge judge(3, seconds(60));
    CHECK_FALSE(judge.PingFailed(At(1)));
    CHECK_FALSE(judge.PingFailed(At(2)));
    judge.Pinged(At(3));
    CHECK_FALSE(judge.PingFailed(At(4)));
    CHECK_FALSE(judge.PingFailed(At(5)));
    CHECK(judge.PingFailed(At(6)));
}

TEST_CASE("pings that fail while a program may compute do not count") {
    PingJudge judge(1, seconds(60));
    judge.Sent(At(0));
    judge.Sent(At(10));
    CHECK_FALSE(judge.PingFailed(At(50)));
    judge.Ended(At(55), true);
    CHECK_FALSE(judge.PingFailed(At(115)));  // the second one is at work
    judge.Ended(At(115), false);             // and may be after its client has gone
    CHECK(judge.PingFailed(At(116)));
}

TEST_CASE("requests that come and go unanswered do not keep a stuck program") {
    PingJudge judge(2, seconds(60));
    for (int i = 0; i < 60; ++i) {
        judge.Sent(At(i));
        CHECK_FALSE(judge.PingFailed(At(i)));
        judge.Ended(At(i), false);
    }
    judge.Sent(At(60));
    CHECK_FALSE(judge.PingFailed(At(61)));
    CHECK(judge.PingFailed(At(62)));
}

TEST_CASE("a stream that moves is a sign of life") {
    PingJudge judge(1, seconds(60));
    judge.Sent(At(0));
    for (int i = 50; i < 500; i += 50) {
        judge.Moved(At(i));
        CHECK_FALSE(judge.PingFailed(At(i + 49)));
    }
    judge.Ended(At(500), true);
    CHECK(judge.PingFailed(At(501)));
}

}  // namespace gyre::host
