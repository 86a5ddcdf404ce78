#pragma once

#include <memory>

#include "core/result.h"
#include "engine/model.h"

namespace gyre::engine {

/// Whether the model has code/inference.py, or the program in code/ that its SAGEMAKER_PROGRAM
/// names.
[[nodiscard]] bool BringsPythonCode(const LoadOptions& options);

/// Loads code/inference.py of `options.directory` into `options.workers` Python processes, each of
/// which answers one batch at a time (Concurrency); docs/formats/worker_protocol.md says how they
/// batch. Installs code/requirements.txt before. GYRE_PYTHON in options.environment, or else in
/// this program's, names the interpreter. Errors: kInvalidArgument when pip fails; kInternal when a
/// worker does not come up. The message ends in the last lines of pip, or has the exception and the
/// frames of the model's code.
///
/// The model's answers: a worker that ends, or is ended at the response timeout, is started again
/// with a back-off, for as long as options.restart_for; the requests that it held get kInternal
/// (kDeadlineExceeded) with its exit and the last lines that it printed to stderr since it got
/// them. A body that two workers ended with is refused with kInvalidArgument.
[[nodiscard]] core::Result<std::unique_ptr<Model>> LoadPythonModel(const LoadOptions& options);

}  // namespace gyre::engine
