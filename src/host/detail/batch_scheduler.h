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
#include "serving/host_protocol.h"

namespace gyre::host::detail {

struct Batch {
    size_t worker = 0;
    int rows = 0;
    serving::LeaveReason reason = serving::LeaveReason::kIdle;
    core::SteadyTime started;
    std::vector<Waiting> items;
};

/// All that the batcher knows and decides, with time passed in: who waits, which worker is busy
/// until when, what has been learnt, who may come in. Not thread-safe.
class BatchScheduler {
  public:
    BatchScheduler(const ModelOptions& options, engine::Batching batching, size_t workers);

    /// Counts a request in, which Leave must count out, or says why it is refused. `prepare` is the
    /// predicted time of all decoding that still comes before its batch.
    [[nodiscard]] std::optional<core::Error> Admit(Waiting& item, core::SteadyTime now,
                                                   core::microseconds prepare);
    void Leave(size_t requests, size_t bytes);

    void Add(Waiting item) { queue_.Add(std::move(item)); }
    /// Takes `item` as a batch of its own where it would leave at once, and a batch like that takes
    /// no longer than `limit`.
    [[nodiscard]] std::optional<Batch> TakeAlone(Waiting& item, core::SteadyTime now,
                                                 core::microseconds limit);
    /// What the policy says now; the caller passes a kLeave to Take.
    [[nodiscard]] Decision Next(core::SteadyTime now) const;
    [[nodiscard]] Batch Take(const Decision& decision, core::SteadyTime now);
    /// `batching`: the model's now.
    void Finish(const Batch& batch, core::microseconds took, engine::Batching batching);
    void Learn(int rows, core::microseconds took);

    [[nodiscard]] std::vector<Waiting> TakeExpired(core::SteadyTime now);
    [[nodiscard]] std::vector<Waiting> TakeAll() { return queue_.TakeAll(); }
    void Drain() { draining_ = true; }

    [[nodiscard]] core::SteadyTime EarliestDeadline() const { return queue_.EarliestDeadline(); }
    [[nodiscard]] size_t Outstanding() const { return outstanding_; }
    [[nodiscard]] const BatchLimits& Limits() const { return limits_; }

  private:
    struct Worker {
        bool busy = false;
        core::SteadyTime free_at;  ///< predicted
    };
    [[nodiscard]] std::optional<core::microseconds> PredictAnswerAt(core::SteadyTime now) const;
    void Start(Batch& batch);
    /// Learns from the promise that was kept worst.
    void LearnPromises(const std::vector<Waiting>& items, core::SteadyTime now);
    void ChooseLimitsAgain();

    const ModelOptions options_;
    engine::Batching batching_;
    BatchQueue queue_;
    LatencyModel latency_;
    PromiseCorrection correction_;
    BatchLimits limits_;
    std::vector<Worker> workers_;
    int idle_;
    int observed_ = 0;        ///< since the limits were chosen
    bool trial_due_ = false;  ///< the next full batch may have limits_.try_rows
    size_t outstanding_ = 0;
    size_t running_ = 0;  ///< requests in batches that run
    size_t bytes_ = 0;
    bool draining_ = false;
};

}  // namespace gyre::host::detail
