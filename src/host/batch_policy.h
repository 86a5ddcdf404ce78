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
    bool draining = false;
};

/// How large a batch may grow and how long its oldest request may wait for others while a worker
/// is idle.
struct BatchLimits {
    int max_rows = 1;
    core::microseconds max_delay{0};
    /// A larger size that might pay and is not ruled out by a knob: one batch of it now and then,
    /// when so many wait, shows whether what was measured still holds. 0: none.
    int try_rows = 0;
};

/// The limits that the user's knobs set; where there are none, those that `latency` makes good:
/// no waiting, and batches as large as still makes a row cheaper, or with a p99 target as large as
/// lets a request that just missed a batch sit out that one and its own. A model that takes rows
/// one by one gets as many as it has done with before sharing a wake-up no longer matters.
[[nodiscard]] BatchLimits ChooseLimits(const ModelOptions& options, engine::Batching batching,
                                       const LatencyModel& latency);

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

/// What the batcher should do now. A batch leaves when a worker is idle and it is full, or its
/// oldest request has waited max_delay since it arrived, or a request would miss its deadline by
/// waiting on, or the host drains; with no delay set, at once. While every worker is busy it stays
/// open. Of several that may leave, the one with the oldest request does.
[[nodiscard]] Decision Decide(const BatchLimits& limits, const LatencyModel& latency,
                              const QueueState& queue, core::SteadyTime now);

/// When a request of `rows` rows that came now would be answered, where `queued_rows` wait before
/// it and the workers are busy for the times of `busy_for` (0: idle; one for each worker).
/// nullopt while nothing is known of the model's speed.
[[nodiscard]] std::optional<core::microseconds> PredictAnswer(
    const BatchLimits& limits, const LatencyModel& latency, int queued_rows, int rows,
    std::span<const core::microseconds> busy_for);

}  // namespace gyre::host
