#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/clock.h"
#include "core/result.h"
#include "engine/model.h"
#include "host/batch_policy.h"
#include "serving/host_protocol.h"

namespace gyre::host {

/// Runs requests on a model and answers each exactly once: with the model's reply or error,
/// kUnavailable (refused: the host drains or stops, the queue is full, or by the predicted wait it
/// would miss its deadline; details Retry-After and PredictedWaitMs) or kDeadlineExceeded (its
/// deadline passed first). Thread-safe.
class JobRunner {
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

    virtual ~JobRunner() = default;
    /// Does not block for longer than a model of some microseconds runs. `done` runs on any thread,
    /// within Submit too.
    virtual void Submit(Job job) = 0;
    /// Nobody waits for the answer of the request of that id any more: it may be left off.
    virtual void Forget(const std::string& request_id) { static_cast<void>(request_id); }
    [[nodiscard]] virtual BatchLimits Limits() const = 0;
    [[nodiscard]] virtual size_t Outstanding() const = 0;
    /// Refuses what is submitted from now on; `drained` runs once when nothing is left.
    virtual void Drain(std::function<void()> drained) = 0;
    /// Answers what waits, lets the model finish what it computes. May be called twice.
    virtual void Stop() = 0;
};

}  // namespace gyre::host
