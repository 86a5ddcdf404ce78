#include "engine/python/suspects.h"

#include <doctest/doctest.h>

#include "engine/python/worker_group.h"

namespace gyre::engine::python {
namespace {

using core::seconds;
using core::SteadyTime;
using Verdict = Suspects::Verdict;

Request Body(std::string body) {
    return {.id = "", .body = std::move(body), .content_type = "a/b", .accept = "", .headers = {}};
}

struct Court {
    Suspects suspects;
    SteadyTime now{seconds(1'000)};
    const Request poison = Body("poison");
    const Request good = Body("good");

    Verdict Judge(const Request& request) { return suspects.Judge(request, now); }
    void End(std::vector<const Request*> batch) {
        const SteadyTime started = now;
        now += seconds(1);
        suspects.Ended(batch, started, now);
        now += seconds(1);
    }
};

TEST_CASE("what two workers ended with is refused, first alone with its neighbours") {
    Court court;
    CHECK(court.Judge(court.poison) == Verdict::kClean);
    court.End({&court.poison, &court.good});
    CHECK(court.Judge(court.poison) == Verdict::kAlone);
    CHECK(court.Judge(court.good) == Verdict::kAlone);
    CHECK(court.Judge(Body("other")) == Verdict::kClean);
    const Request* answered[] = {&court.good};
    court.suspects.Answered(answered);
    CHECK(court.Judge(court.good) == Verdict::kClean);
    court.End({&court.poison});
    CHECK(court.Judge(court.poison) == Verdict::kRefused);
    CHECK(court.Judge(court.good) == Verdict::kClean);
}

TEST_CASE("after a while it gets another chance, and one end more refuses it again") {
    Court court;
    court.End({&court.poison});
    court.End({&court.poison});
    CHECK(court.Judge(court.poison) == Verdict::kRefused);
    court.now += Suspects::kRefusedFor;
    CHECK(court.Judge(court.poison) == Verdict::kAlone);
    court.End({&court.poison});
    CHECK(court.Judge(court.poison) == Verdict::kRefused);
}

TEST_CASE("workers that ended together count once, and neighbours once however often") {
    Court court;
    const Request* batch[] = {&court.poison};
    court.suspects.Ended(batch, court.now, court.now + seconds(2));
    court.suspects.Ended(batch, court.now + seconds(1), court.now + seconds(2));
    court.now += seconds(3);
    CHECK(court.Judge(court.poison) == Verdict::kAlone);
    court.End({&court.poison, &court.good});
    CHECK(court.Judge(court.poison) == Verdict::kAlone);
}

TEST_CASE("only so many are remembered, the latest") {
    Court court;
    for (size_t i = 0; i < Suspects::kMost + 10; i++) {
        const Request request = Body(std::to_string(i));
        court.End({&request});
    }
    CHECK(court.Judge(Body("0")) == Verdict::kClean);
    CHECK(court.Judge(Body(std::to_string(Suspects::kMost + 9))) == Verdict::kAlone);
}

TEST_CASE("a worker starts again at once, then after longer and longer pauses") {
    CHECK(RestartPause(0) == core::milliseconds(0));
    CHECK(RestartPause(1) == core::milliseconds(200));
    CHECK(RestartPause(2) == core::milliseconds(400));
    CHECK(RestartPause(6) == core::milliseconds(6'400));
    CHECK(RestartPause(7) == core::milliseconds(10'000));
    CHECK(RestartPause(1'000) == core::milliseconds(10'000));
}

}  // namespace
}  // namespace gyre::engine::python
