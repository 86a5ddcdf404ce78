#include "serving/torchserve/sequences.h"

#include <doctest/doctest.h>

namespace gyre::serving::torchserve {
namespace {

using core::milliseconds;

/// Sequences with a clock, which note what is sent to which worker: "a1@0".
struct Desk {
    explicit Desk(SequenceSettings settings, int workers = 2, int batch_size = 2)
        : sequences(settings) {
        sequences.SetWorkers(workers, batch_size);
    }
    bool Offer(const std::string& id, const std::string& request, bool last = false) {
        return sequences.Offer(id, last, now, [this, request](int worker) {
            sent.push_back(request + "@" + std::to_string(worker));
        });
    }
    std::vector<std::string> Sent() { return std::exchange(sent, {}); }

    Sequences sequences;
    core::SteadyTime now{milliseconds(1'000'000)};
    std::vector<std::string> sent;
};

using Strings = std::vector<std::string>;

TEST_CASE("a sequence's requests go to one worker, one after the other") {
    Desk desk({.max_idle_ms = 1'000, .timeout_ms = 0, .most = 4, .queue = 2});
    CHECK(desk.Offer("a", "a1"));
    CHECK(desk.Offer("a", "a2"));
    CHECK(desk.Offer("b", "b1"));
    CHECK(desk.Offer("a", "a3"));
    CHECK_FALSE(desk.Offer("a", "a4"));  // two wait already
    CHECK(desk.Sent() == Strings{"a1@0", "b1@1"});
    desk.sequences.Answered("a", false, desk.now);
    CHECK(desk.Sent() == Strings{"a2@0"});
    CHECK(desk.Offer("a", "a4"));
    desk.sequences.Answered("b", false, desk.now);
    desk.sequences.Answered("a", false, desk.now);
    desk.sequences.Answered("a", false, desk.now);
    CHECK(desk.Sent() == Strings{"a3@0", "a4@0"});
    desk.sequences.Answered("a", false, desk.now);
    CHECK(desk.Offer("b", "b2"));
    CHECK(desk.Sent() == Strings{"b2@1"});
    CHECK(desk.sequences.Open(desk.now) == 2);
}

TEST_CASE("where batches are continuous, a sequence's requests go to its worker at once") {
    Desk desk({.max_idle_ms = 100, .timeout_ms = 0, .most = 4, .queue = 1, .together = true});
    CHECK(desk.Offer("a", "a1"));
    CHECK(desk.Offer("b", "b1"));
    CHECK(desk.Offer("b", "b2"));
    CHECK_FALSE(desk.Offer("b", "b3"));  // two are not answered
    CHECK(desk.Sent() == Strings{"a1@0", "b1@1", "b2@1"});
    desk.sequences.Answered("b", false, desk.now);
    desk.now += milliseconds(500);  // the other is at work: it is not idle
    CHECK(desk.Offer("b", "b3", true));
    desk.sequences.Answered("b", false, desk.now);
    CHECK_FALSE(desk.Offer("b", "b4"));  // after its last
    desk.sequences.Answered("b", false, desk.now);
    CHECK(desk.sequences.Open(desk.now) == 1);
    CHECK(desk.Offer("b", "of another b"));
    CHECK(desk.Sent() == Strings{"b3@1", "of another b@1"});
}

TEST_CASE("there are only so many, until one ends: told to, idle, or out of time") {
    Desk desk({.max_idle_ms = 100, .timeout_ms = 250, .most = 2, .queue = 1});
    CHECK(desk.Offer("a", "a1"));
    CHECK(desk.Offer("b", "b1", true));
    CHECK_FALSE(desk.Offer("b", "b2"));  // after its last
    CHECK_FALSE(desk.Offer("c", "c1"));
    desk.sequences.Answered("b", false, desk.now);
    CHECK(desk.Offer("c", "c1"));
    desk.now += milliseconds(500);  // at work it is never idle
    CHECK(desk.sequences.Open(desk.now) == 2);
    desk.sequences.Answered("c", false, desk.now);
    CHECK(desk.sequences.Open(desk.now) == 1);  // its time was over meanwhile
    CHECK(desk.Offer("d", "d1"));
    desk.sequences.Answered("d", false, desk.now);
    desk.now += milliseconds(99);
    CHECK_FALSE(desk.Offer("e", "e1"));
    desk.now += milliseconds(1);
    CHECK(desk.Offer("e", "e1"));
    CHECK(desk.Sent() == Strings{"a1@0", "b1@1", "c1@1", "d1@1", "e1@1"});
}

TEST_CASE("a last request that waits is the last") {
    Desk desk({.max_idle_ms = 100, .timeout_ms = 0, .most = 2, .queue = 5});
    CHECK(desk.Offer("a", "a1"));
    CHECK(desk.Offer("a", "a2", true));
    CHECK_FALSE(desk.Offer("a", "a3"));
    desk.sequences.Answered("a", false, desk.now);
    CHECK(desk.sequences.Open(desk.now) == 1);
    desk.sequences.Answered("a", false, desk.now);
    CHECK(desk.sequences.Open(desk.now) == 0);
    CHECK(desk.Offer("a", "a3"));
    desk.sequences.Answered("a", true, desk.now);  // so says the handler
    CHECK(desk.sequences.Open(desk.now) == 0);
    CHECK(desk.Sent() == Strings{"a1@0", "a2@0", "a3@0"});
}

TEST_CASE("without a number they are as many as batches have places; workers come and go") {
    Desk desk({.max_idle_ms = 1'000, .timeout_ms = 0, .most = 0, .queue = 1}, 2, 1);
    CHECK(desk.Offer("a", "a1"));
    CHECK(desk.Offer("b", "b1"));
    CHECK_FALSE(desk.Offer("c", "c1"));
    CHECK(desk.Offer("b", "b2"));
    desk.sequences.SetWorkers(1, 1);
    desk.sequences.Answered("b", false, desk.now);
    CHECK(desk.Sent() == Strings{"a1@0", "b1@1", "b2@0"});
    desk.sequences.SetWorkers(3, 1);
    CHECK(desk.Offer("c", "c1"));
    CHECK(desk.Sent() == Strings{"c1@1"});
    desk.sequences.Answered("nobody", false, desk.now);
}

}  // namespace
}  // namespace gyre::serving::torchserve
