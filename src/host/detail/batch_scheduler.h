#pragma once

#include <optional>
#include <vector>

#include "core/clock.h"
#include "core/result.h"
#include "host/batch_policy.h"
#include "host/detail/batch_queue.h"
#include "host/latency_model.h"
#include "host/model_options.h"
#include "host/promise_correction.h"
#include "host/size_race.h"
#include "serving/host_protocol.h"

namespace gyre::host::detail {

struct Batch {
    size_t worker = 0;
    int rows = 0;
    serving::LeaveReason reason = serving::LeaveReason::kIdle;
    SizeRace::Runner runner = SizeRace::Runner::kNone;
    core::SteadyTime started;
    std::vector<Waiting> items;
};

/// All that the batcher knows and decides, with time passed in: who waits, which worker is busy
/// until when, what has been learnt, who may come in. Not thread-safe.
class BatchScheduler {
  public:
    /// `lanes`: of the batches that the workers run, those that compute at once (Model::Lanes).
    BatchScheduler(const ModelOptions& options, engine::Batching batching, size_t workers,
                   size_t lanes);

    /// Counts a request in, which Leave must count out, or says why it is refused. `prepare` is the
    /// predicted time of all decoding that still comes before its batch.
    [[nodiscard]] std::optional<core::Error> Admit(Waiting& item, core::SteadyTime now,
                                                   core::microseconds prepare);
    void Leave(size_t requests, size_t bytes);
    /// The same for a batch that was finished and answered.
    void LeaveBatch(size_t requests, size_t bytes);

    void Add(Waiting item) { queue_.Add(std::move(item)); }
    /// Takes `item` as a batch of its own where it would leave at once, and a batch like that takes
    /// no longer than `limit`.
    [[nodiscard]] std::optional<Batch> TakeAlone(Waiting& item, core::SteadyTime now,
                                                 core::microseconds limit);
    /// What the policy says now; the caller passes a kLeave to Take.
    [[nodiscard]] Decision Next(core::SteadyTime now) const;
    [[nodiscard]] Batch Take(const Decision& decision, core::SteadyTime now);
    /// When it had begun to compute: later than it started where all lanes were busy.
    /// `batching`: the model's now. `ran`: whether the model did; else nothing is learnt from it.
    core::SteadyTime Finish(const Batch& batch, core::SteadyTime now, engine::Batching batching,
                            bool ran);
    void Learn(int rows, core::microseconds took);

    [[nodiscard]] std::vector<Waiting> TakeExpired(core::SteadyTime now);
    [[nodiscard]] std::vector<Waiting> TakeAll() { return queue_.TakeAll(); }
    void Drain() { draining_ = true; }

    [[nodiscard]] core::SteadyTime EarliestDeadline() const { return queue_.EarliestDeadline(); }
    [[nodiscard]] size_t Outstanding() const { return outstanding_; }
    [[nodiscard]] const BatchLimits& Limits() const { return limits_; }

  private:
    struct Worker {
        enum class State { kIdle, kLaidOut, kComputes } state = State::kIdle;
        int rows = 0;
        core::SteadyTime since;  ///< in this state
    };
    [[nodiscard]] std::optional<core::microseconds> PredictAnswerAt(core::SteadyTime now) const;
    /// That wait for a worker.
    [[nodiscard]] int RowsAhead() const;
    /// How long at least one that must be answered within `left` is refused from now on.
    [[nodiscard]] core::microseconds RefusesFor(core::microseconds predicted,
                                                core::microseconds left) const;
    void Start(Batch& batch);
    /// The laid-out batch that waits longest begins to compute.
    void PassLaneOn(core::SteadyTime now);
    /// Learns from the promise of each kind that was kept worst.
    void LearnPromises(const std::vector<Waiting>& items, core::SteadyTime now);
    void ChooseLimitsAgain();

    const ModelOptions options_;
    engine::Batching batching_;
    BatchQueue queue_;
    LatencyModel latency_;
    /// For what leaves with the next batch, and for what comes later. Apart, since what makes the
    /// latter late (stalls above all, which hit whatever waits) says little of the former; and with
    /// those refused for it the workers would have nothing to do.
    PromiseCorrection of_next_;
    PromiseCorrection of_later_;
    SizeRace race_;
    BatchLimits limits_;
    std::vector<Worker> workers_;
    const size_t lanes_;
    int idle_;
    int free_lanes_;
    int observed_ = 0;  ///< since the limits were chosen
    size_t outstanding_ = 0;
    size_t running_ = 0;  ///< requests in batches that run
    size_t bytes_ = 0;
    bool draining_ = false;
};

}  // namespace gyre::host::detail
