#include "host/batch_policy.h"

#include <doctest/doctest.h>

namespace gyre::host {
namespace {

using core::microseconds;
using core::milliseconds;
using core::SteadyTime;
using engine::Batching;
using serving::LeaveReason;
using Kind = Decision::Kind;

const SteadyTime kNow = SteadyTime() + std::chrono::hours(1);

SteadyTime In(int ms) {
    return kNow + milliseconds(ms);
}

LatencyModel Takes(int fixed_us, int row_us) {
    LatencyModel model;
    for (const int rows : {1, 2, 4, 8, 16, 32}) {
        for (int i = 0; i < 5; i++) model.Observe(rows, microseconds(fixed_us + rows * row_us));
    }
    return model;
}

GroupState Group(int rows, int age_ms, int deadline_ms = 60'000) {
    return {rows, In(-age_ms), In(deadline_ms)};
}

struct Case {
    const char* name;
    BatchLimits limits;
    std::vector<GroupState> groups;
    int idle = 1;
    bool draining = false;
    Decision expected;
    int lanes = idle;
};

Decision Leave(size_t group, int rows, LeaveReason reason) {
    return {Kind::kLeave, group, rows, reason, {}};
}
Decision WaitUntil(SteadyTime until) {
    return {Kind::kWait, 0, 0, LeaveReason::kIdle, until};
}

TEST_CASE("when a batch leaves, and why") {
    const BatchLimits knobs{8, milliseconds(50)};
    const BatchLimits adaptive{32, milliseconds(0)};
    const LatencyModel latency = Takes(1'000, 1'000);  // 4 rows: 5 ms, and 1 ms of slack
    const Case cases[] = {
        {"nothing waits", knobs, {}, 1, false, {}},
        {"it stays open while every worker is busy", knobs, {Group(8, 90)}, 0, false, {}},
        {"even when the host drains", knobs, {Group(1, 90)}, 0, true, {}},
        {"full leaves at once", knobs, {Group(8, 0)}, 1, false, Leave(0, 8, LeaveReason::kFull)},
        {"more than full takes the most",
         knobs,
         {Group(30, 0)},
         1,
         false,
         Leave(0, 8, LeaveReason::kFull)},
        {"age counts from arrival", knobs, {Group(1, 20)}, 1, false, WaitUntil(In(30))},
        {"one that aged behind a busy worker leaves at once",
         knobs,
         {Group(3, 50)},
         1,
         false,
         Leave(0, 8, LeaveReason::kDelay)},
        {"a deadline cuts the wait short", knobs, {Group(4, 0, 16)}, 1, false, WaitUntil(In(10))},
        {"and lets it leave",
         knobs,
         {Group(4, 10, 6)},
         1,
         false,
         Leave(0, 8, LeaveReason::kDeadline)},
        {"a full one is laid out while another computes",
         adaptive,
         {Group(40, 7)},
         1,
         false,
         Leave(0, 32, LeaveReason::kFull),
         0},
        {"a smaller one stays open", adaptive, {Group(20, 7)}, 1, false, {}, 0},
        {"whatever its age", knobs, {Group(7, 90)}, 1, false, {}, 0},
        {"draining waits for nobody",
         knobs,
         {Group(1, 0)},
         1,
         true,
         Leave(0, 8, LeaveReason::kDrain)},
        {"no delay: one leaves as soon as a worker is idle",
         adaptive,
         {Group(1, 0)},
         1,
         false,
         Leave(0, 1, LeaveReason::kIdle)},
        {"no delay: all that gathered leave together",
         adaptive,
         {Group(20, 7)},
         1,
         false,
         Leave(0, 20, LeaveReason::kIdle)},
        {"idle workers share what waits",
         adaptive,
         {Group(20, 7)},
         3,
         false,
         Leave(0, 7, LeaveReason::kIdle)},
        {"with a delay they do not",
         knobs,
         {Group(6, 50)},
         3,
         false,
         Leave(0, 8, LeaveReason::kDelay)},
        {"shapes do not mix: the oldest goes first",
         adaptive,
         {Group(2, 3), Group(9, 5)},
         1,
         false,
         Leave(1, 9, LeaveReason::kShape)},
        {"a full group is not held up by a younger one",
         knobs,
         {Group(8, 1), Group(2, 40)},
         1,
         false,
         Leave(0, 8, LeaveReason::kFull)},
        {"the earliest end of a delay counts",
         knobs,
         {Group(2, 10), Group(2, 40)},
         1,
         false,
         WaitUntil(In(10))},
    };
    for (const Case& test : cases) {
        CAPTURE(test.name);
        const Decision got =
            Decide(test.limits, latency, {test.groups, test.idle, test.lanes, test.draining}, kNow);
        CHECK(got.kind == test.expected.kind);
        CHECK(got.until == test.expected.until);
        CHECK(got.group == test.expected.group);
        CHECK(got.rows == test.expected.rows);
        CHECK(got.reason == test.expected.reason);
    }
}

TEST_CASE("limits are the user's where he set them") {
    ModelOptions options;
    options.batch_size = 16;
    options.batch_delay = milliseconds(20);
    const LatencyModel linear = Takes(0, 1'000);  // a batch gains nothing
    CHECK(ChooseLimits(options, Batching::kYes, linear, 64).max_rows == 16);
    CHECK(ChooseLimits(options, Batching::kNo, linear, 64).max_rows == 16);
    CHECK(ChooseLimits(options, Batching::kYes, linear, 64).max_delay == milliseconds(20));
}

TEST_CASE("without knobs nobody waits and a batch has the size that proved efficient") {
    const ModelOptions none;
    CHECK(ChooseLimits(none, Batching::kYes, {}, 64).max_rows == 64);
    CHECK(ChooseLimits(none, Batching::kYes, {}, 64).max_delay == microseconds(0));
    CHECK(ChooseLimits(none, Batching::kNo, {}, 64).max_rows == 1);
    CHECK(ChooseLimits(none, Batching::kYes, {}, 8).max_rows == 8);
    CHECK(ChooseLimits(none, Batching::kYes, {}, 8).most_rows == 64);
}

TEST_CASE("the search for a better size keeps within the knobs") {
    ModelOptions options;
    options.target_p99 = milliseconds(8);
    CHECK(ChooseLimits(options, Batching::kYes, Takes(0, 1'000), 16).max_rows == 4);
    CHECK(ChooseLimits(options, Batching::kYes, Takes(0, 1'000), 16).most_rows == 4);
    CHECK(ChooseLimits(options, Batching::kYes, Takes(0, 1'000), 2).max_rows == 2);
    options = {};
    options.batch_size = 4;
    CHECK(ChooseLimits(options, Batching::kYes, {}, 1).max_rows == 4);
    CHECK(ChooseLimits(options, Batching::kYes, {}, 1).most_rows == 0);
}

TEST_CASE("without knobs rows that run one by one share a batch as long as that is short") {
    const ModelOptions none;
    CHECK(ChooseLimits(none, Batching::kNo, Takes(0, 10'000), 64).max_rows == 1);
    CHECK(ChooseLimits(none, Batching::kNo, Takes(0, 500), 64).max_rows == 4);
    CHECK(ChooseLimits(none, Batching::kNo, Takes(50, 5), 64).max_rows == 64);
    CHECK(ChooseLimits(none, Batching::kNo, Takes(50, 5), 64).max_delay == microseconds(0));
    // What may yet prove to batch is given the chance.
    CHECK(ChooseLimits(none, Batching::kUntried, {}, 64).max_rows == 8);
    CHECK(ChooseLimits(none, Batching::kUntried, Takes(0, 10'000), 64).max_rows == 8);
    CHECK(ChooseLimits(none, Batching::kUntried, Takes(50, 5), 64).max_rows == 64);
}

TEST_CASE("a p99 target bounds a batch by half of it") {
    ModelOptions options;
    options.target_p99 = milliseconds(26);
    const LatencyModel latency = Takes(3'000, 1'000);
    CHECK(ChooseLimits(options, Batching::kYes, latency, 64).max_rows == 10);
    CHECK(ChooseLimits(options, Batching::kYes, latency, 64).max_delay == microseconds(0));
    options.target_p99 = milliseconds(1);
    CHECK(ChooseLimits(options, Batching::kYes, latency, 64).max_rows == 1);
    options.target_p99 = milliseconds(26);
    options.batch_size = 4;
    CHECK(ChooseLimits(options, Batching::kYes, latency, 64).max_rows == 4);
}

TEST_CASE("the predicted answer counts batches ahead, busy workers and its own batch") {
    const LatencyModel latency = Takes(1'000, 1'000);  // 8 rows: 9 ms
    const BatchLimits limits{8, microseconds(0)};
    struct Prediction {
        int queued;
        int rows;
        std::vector<int> busy_ms;
        int expected_ms;
    };
    const Prediction cases[] = {
        {0, 1, {0}, 2},       // alone
        {0, 1, {7}, 9},       // behind what runs
        {3, 1, {7}, 12},      // shares a batch with three
        {8, 1, {7}, 18},      // behind a full batch
        {20, 2, {0}, 25},     // two full ones, then six rows
        {16, 1, {5, 0}, 11},  // one batch each
        {32, 1, {0, 0}, 20},  // two rounds
        {0, 30, {0}, 31},     // larger than a batch may be
    };
    for (const Prediction& test : cases) {
        CAPTURE(test.queued);
        CAPTURE(test.rows);
        std::vector<microseconds> busy;
        for (const int ms : test.busy_ms) busy.emplace_back(milliseconds(ms));
        CHECK(PredictAnswer(limits, latency, test.queued, test.rows, busy) ==
              milliseconds(test.expected_ms));
    }
    CHECK_FALSE(PredictAnswer(limits, {}, 100, 1, std::vector<microseconds>{microseconds(0)}));
}

}  // namespace
}  // namespace gyre::host
