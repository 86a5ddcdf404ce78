#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "core/clock.h"
#include "core/result.h"
#include "engine/model.h"
#include "host/batch_policy.h"
#include "host/host_metrics.h"
#include "host/model_options.h"
#include "serving/host_protocol.h"

namespace gyre::host {

struct BatcherOptions {
    ModelOptions model;
    int prepare_threads = 2;  ///< for requests whose decoding takes long
};

/// Gathers single requests into batches, runs them on a model and answers each request exactly
/// once: with the model's reply or error, kUnavailable (refused: the host drains or stops, the
/// queue is full, or by the predicted wait it would miss its deadline; details Retry-After and
/// PredictedWaitMs) or kDeadlineExceeded (its deadline passed while it waited).
///
/// Constructed means running. Threads: as many for batches as the model's Concurrency, a pool for
/// requests whose decoding is slow, one that answers what expires. Thread-safe. Stop() answers what
/// waits, lets what runs finish, may be called twice; the destructor stops.
class Batcher {
  public:
    struct Outcome {
        core::Result<engine::Reply> reply;
        std::optional<serving::Trace> trace;  ///< where it ran
    };
    using Callback = std::function<void(Outcome)>;

    struct Job {
        engine::Request request;
        core::SteadyTime arrival;   ///< at the front door
        core::SteadyTime deadline;  ///< SteadyTime::max(): the response timeout after arrival
        Callback done;
    };

    /// `model`, `metrics` and `clock` outlive it.
    Batcher(engine::Model& model, const BatcherOptions& options, HostMetrics& metrics,
            const core::Clock& clock);
    ~Batcher();
    Batcher(const Batcher&) = delete;
    Batcher& operator=(const Batcher&) = delete;

    /// Does not block for longer than a model of some microseconds runs. `done` runs on any thread,
    /// within Submit too.
    void Submit(Job job);
    /// What a batch of `rows` rows took elsewhere: at the warm-up.
    void Learn(int rows, core::microseconds took);
    [[nodiscard]] BatchLimits Limits() const;
    [[nodiscard]] size_t Outstanding() const;
    /// Refuses what is submitted from now on; `drained` runs once when nothing is left.
    void Drain(std::function<void()> drained);
    void Stop();

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace gyre::host
