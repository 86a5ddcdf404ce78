#pragma once

#include <map>
#include <optional>
#include <string>

#include "core/clock.h"
#include "core/result.h"

namespace gyre::host {

/// How a model is to be run, as its user wrote it into the model's environment:
///
///     SAGEMAKER_TS_BATCH_SIZE          most rows in a batch, 1…4096
///     SAGEMAKER_TS_MAX_BATCH_DELAY     ms that the oldest request may wait for others
///     SAGEMAKER_TS_MIN_WORKERS, SAGEMAKER_TS_MAX_WORKERS, SAGEMAKER_MODEL_SERVER_WORKERS
///                                      workers; the first of MIN, MAX, SERVER that is there
///     SAGEMAKER_TS_RESPONSE_TIMEOUT, SAGEMAKER_MODEL_SERVER_TIMEOUT[_SECONDS]
///                                      seconds, 60 where none is there
///     SAGEMAKER_STARTUP_TIMEOUT        seconds until a model's program must be healthy; whoever
///                                      starts the host always says
///     SAGEMAKER_TS_BATCH_MODE          auto, stack, single: how Python handlers batch; read by the
///                                      workers (docs/formats/worker_protocol.md)
///     GYRE_RESTART_WORKERS_FOR_S       seconds: a Python worker that has not come up again for so
///                                      long after its end is given up; without end where it is
///                                      not there
///     GYRE_TARGET_P99_MS               in place of size and delay, which are then learnt
///     GYRE_PRECISION                   auto, fp32, bf16, int8
///     GYRE_ACCURACY_TOLERANCE          0…1
///     SAGEMAKER_BATCH                  true: it serves a transform job, nobody waits for an answer
///     GYRE_MAX_QUEUE                   most requests waiting, 1…1000000
///     GYRE_MAX_QUEUE_MB                most memory that their bodies may take
struct ModelOptions {
    std::optional<int> batch_size;
    std::optional<core::milliseconds> batch_delay;
    std::optional<int> workers;
    core::milliseconds response_timeout{60'000};
    core::milliseconds startup_timeout{600'000};
    std::optional<core::seconds> restart_workers_for;
    std::optional<core::microseconds> target_p99;
    bool transform_job = false;
    std::string precision = "auto";
    double accuracy_tolerance = 0.01;
    int max_queue = 10'000;
    size_t max_queue_bytes = size_t{512} << 20;
};

/// Variables that it does not know are the model's own. Errors: kInvalidArgument naming the
/// variable, its value and what was expected.
[[nodiscard]] core::Result<ModelOptions> ReadModelOptions(
    const std::map<std::string, std::string>& environment);

}  // namespace gyre::host
