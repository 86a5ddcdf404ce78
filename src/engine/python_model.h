#pragma once

#include <memory>

#include "core/result.h"
#include "engine/model.h"

namespace gyre::engine {

/// Loads code/inference.py of `options.directory` into `options.workers` Python processes, each of
/// which answers one batch at a time (Concurrency). GYRE_PYTHON in options.environment, or else in
/// this program's, names the interpreter. Errors: kInternal when a worker does not come up; the
/// message ends in the traceback's last lines. A worker that ends later is started again with a
/// back-off; the requests that it held get kInternal with its exit and its last stderr lines.
[[nodiscard]] core::Result<std::unique_ptr<Model>> LoadPythonModel(const LoadOptions& options);

}  // namespace gyre::engine
