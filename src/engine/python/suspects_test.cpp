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
    const RestartRules rules;
    CHECK(rules.Pause(0) == core::milliseconds(0));
    CHECK(rules.Pause(1) == core::milliseconds(200));
    CHECK(rules.Pause(2) == core::milliseconds(400));
    CHECK(rules.Pause(6) == core::milliseconds(6'400));
    CHECK(rules.Pause(7) == core::milliseconds(10'000));
    CHECK(rules.Pause(1'000) == core::milliseconds(10'000));
    CHECK_FALSE(rules.GivesUp(core::seconds(100'000'000)));
}

TEST_CASE("TorchServe's pauses, and when it gives a worker up") {
    const RestartRules rules{core::seconds(300)};
    const std::vector<int> pauses{0, 1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610};
    for (size_t i = 0; i < pauses.size(); i++) {
        CHECK(rules.Pause(static_cast<int>(i)) == core::seconds(pauses[i]));
    }
    CHECK(rules.Pause(1'000) == core::seconds(1'597));
    CHECK_FALSE(rules.GivesUp(core::milliseconds(299'999)));
    CHECK(rules.GivesUp(core::seconds(300)));
    CHECK(RestartRules{core::seconds(0)}.GivesUp(core::milliseconds(0)));
}

}  // namespace
}  // namespace gyre::engine::python
