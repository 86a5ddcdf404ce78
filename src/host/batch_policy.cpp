#include "host/batch_policy.h"

#include <algorithm>
#include <vector>

#include "host/size_race.h"

namespace gyre::host {
namespace {

using core::microseconds;
using core::SteadyTime;
using serving::LeaveReason;

constexpr int kTriedBatch = 8;  // large enough for a model to show that it batches
/// Of a batch whose rows run one by one: a wake-up is a small part of it, and waiting it out bears.
constexpr microseconds kSharedWakeUp{2'000};
constexpr microseconds kDeadlineSlack{1'000};  // for the way back to who asked

struct Due {
    SteadyTime at;
    LeaveReason reason = LeaveReason::kIdle;
};

Due DueOf(const GroupState& group, const BatchLimits& limits, const LatencyModel& latency,
          const QueueState& queue, SteadyTime now) {
    if (group.rows >= limits.max_rows) return {now, LeaveReason::kFull};
    const LeaveReason alone = queue.groups.size() > 1 ? LeaveReason::kShape : LeaveReason::kIdle;
    if (queue.draining) return {now, LeaveReason::kDrain};
    if (limits.max_delay <= microseconds(0)) return {now, alone};

    const microseconds compute =
        latency.PredictHigh(group.rows).value_or(microseconds(0)) + kDeadlineSlack;
    const SteadyTime by_delay = group.oldest + limits.max_delay;
    const SteadyTime by_deadline = group.deadline - compute;
    if (by_deadline < by_delay) return {by_deadline, LeaveReason::kDeadline};
    return {by_delay, queue.groups.size() > 1 ? LeaveReason::kShape : LeaveReason::kDelay};
}

/// Without a delay, free lanes share what waits; with one, batches were asked to be large.
int RowsToTake(const GroupState& group, const BatchLimits& limits, int free_lanes) {
    if (limits.max_delay > microseconds(0) || free_lanes <= 0) return limits.max_rows;
    const int share = (group.rows + free_lanes - 1) / free_lanes;
    return std::clamp(share, 1, limits.max_rows);
}

int LargestBatch(engine::Batching batching, const LatencyModel& latency) {
    if (batching == engine::Batching::kYes) return SizeRace::kLargest;
    const int shared =
        latency.Predict(1) ? latency.LargestWithin(kSharedWakeUp, SizeRace::kLargest) : 1;
    return batching == engine::Batching::kUntried ? std::max(kTriedBatch, shared) : shared;
}

}  // namespace

BatchLimits ChooseLimits(const ModelOptions& options, engine::Batching batching,
                         const LatencyModel& latency, int efficient) {
    BatchLimits limits;
    limits.max_delay = options.batch_delay.value_or(core::milliseconds(0));
    limits.max_rows = options.batch_size.value_or(LargestBatch(batching, latency));
    if (options.target_p99) {
        limits.max_delay = microseconds(0);
        limits.max_rows = latency.LargestWithin(*options.target_p99 / 2, limits.max_rows);
    }
    // With the user's own size and delay there is nothing to choose.
    if (!options.batch_size && batching == engine::Batching::kYes) {
        limits.most_rows = limits.max_rows;
        limits.max_rows = std::min(limits.max_rows, efficient);
    }
    return limits;
}

Decision Decide(const BatchLimits& limits, const LatencyModel& latency, const QueueState& queue,
                SteadyTime now) {
    Decision decision;
    if (queue.idle_workers <= 0) return decision;
    for (size_t i = 0; i < queue.groups.size(); i++) {
        const GroupState& group = queue.groups[i];
        if (queue.free_lanes <= 0 && group.rows < limits.max_rows) continue;
        const Due due = DueOf(group, limits, latency, queue, now);
        if (due.at <= now) {
            if (decision.kind == Decision::Kind::kLeave &&
                queue.groups[decision.group].oldest <= group.oldest) {
                continue;
            }
            decision.kind = Decision::Kind::kLeave;
            decision.group = i;
            decision.reason = due.reason;
            decision.rows = RowsToTake(group, limits, queue.free_lanes);
        } else if (decision.kind == Decision::Kind::kNone ||
                   (decision.kind == Decision::Kind::kWait && due.at < decision.until)) {
            decision.kind = Decision::Kind::kWait;
            decision.until = due.at;
        }
    }
    return decision;
}

std::optional<microseconds> PredictAnswer(const BatchLimits& limits, const LatencyModel& latency,
                                          int queued_rows, int rows,
                                          std::span<const microseconds> busy_for) {
    const int own = std::max(rows, std::min(limits.max_rows, queued_rows % limits.max_rows + rows));
    const auto own_batch = latency.Predict(own);
    if (!own_batch || busy_for.empty()) return std::nullopt;
    const int ahead = queued_rows / limits.max_rows;
    // Each batch ahead goes to the lane that is free first; whole rounds need no stepping.
    const microseconds full = *latency.Predict(limits.max_rows);
    std::vector<microseconds> free_at(busy_for.begin(), busy_for.end());
    const int lanes = static_cast<int>(free_at.size());
    for (microseconds& at : free_at) at += full * (ahead / lanes);
    for (int i = 0; i < ahead % lanes; i++)
        *std::min_element(free_at.begin(), free_at.end()) += full;
    return *std::min_element(free_at.begin(), free_at.end()) + *own_batch;
}

}  // namespace gyre::host
