#pragma once

#include <optional>
#include <span>

#include "core/clock.h"
#include "engine/model.h"
#include "host/latency_model.h"
#include "host/model_options.h"
#include "serving/host_protocol.h"

namespace gyre::host {

/// The waiting requests that may share a batch (of one Prepared::BatchKey).
struct GroupState {
    int rows = 0;
    core::SteadyTime oldest;    ///< arrival of the oldest
    core::SteadyTime deadline;  ///< the earliest
};

struct QueueState {
    std::span<const GroupState> groups;  ///< none is empty
    int idle_workers = 0;
    int free_lanes = 0;  ///< of the computations that the model does at once
    bool draining = false;
};

/// How large a batch may grow and how long its oldest request may wait for others while a worker
/// is idle.
struct BatchLimits {
    int max_rows = 1;
    core::microseconds max_delay{0};
    /// Where max_rows is what was found to be good, not what is allowed: what is. 0: it is fixed.
    int most_rows = 0;
};

/// The limits that the user's knobs set; where there are none, no waiting, and batches of
/// `efficient` rows (SizeRace::Best), or with a p99 target as many as let a request that just
/// missed a batch sit out that one and its own. A model that takes rows one by one gets as many as
/// it has done with before sharing a wake-up no longer matters.
[[nodiscard]] BatchLimits ChooseLimits(const ModelOptions& options, engine::Batching batching,
                                       const LatencyModel& latency, int efficient);

struct Decision {
    enum class Kind {
        kNone,   ///< nothing to do until something changes
        kLeave,  ///< a batch of `group` leaves now
        kWait,   ///< ask again at `until`, or when something changes
    } kind = Kind::kNone;
    size_t group = 0;
    int rows = 0;  ///< at most so many
    serving::LeaveReason reason = serving::LeaveReason::kIdle;
    core::SteadyTime until;
};

/// What the batcher should do now. A batch leaves when a worker and a lane are idle and it is full,
/// or its oldest request has waited max_delay since it arrived, or a request would miss its
/// deadline by waiting on, or the host drains; with no delay set, at once. While every lane is busy
/// it stays open; a full one then goes to an idle worker, which lays out its inputs meanwhile. Of
/// several that may leave, the one with the oldest request does.
[[nodiscard]] Decision Decide(const BatchLimits& limits, const LatencyModel& latency,
                              const QueueState& queue, core::SteadyTime now);

/// When a request of `rows` rows that came now would be answered, where `queued_rows` wait before
/// it and the lanes are busy for the times of `busy_for` (0: idle; one for each lane).
/// nullopt while nothing is known of the model's speed.
[[nodiscard]] std::optional<core::microseconds> PredictAnswer(
    const BatchLimits& limits, const LatencyModel& latency, int queued_rows, int rows,
    std::span<const core::microseconds> busy_for);

}  // namespace gyre::host
