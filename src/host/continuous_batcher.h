#pragma once

#include <memory>

#include "core/clock.h"
#include "engine/model.h"
#include "host/host_metrics.h"
#include "host/job_runner.h"
#include "host/model_options.h"

namespace gyre::host {

/// For a model whose batches go step by step (engine::Steps): a request joins a batch at the first
/// step at which that has a place, whatever is under way there. Nothing waits for others to come.
/// The response timeout is for the wait, and then for each step; where the answer is wanted whole,
/// for all of it. One whose time is up is let go between two steps, as is one that is forgotten.
///
/// A thread for each batch. The destructor stops: what is under way is answered with an error after
/// its step. `model`, `metrics` and `clock` outlive it.
[[nodiscard]] std::unique_ptr<JobRunner> StartContinuousBatcher(engine::Model& model,
                                                                const ModelOptions& options,
                                                                HostMetrics& metrics,
                                                                const core::Clock& clock);

}  // namespace gyre::host
