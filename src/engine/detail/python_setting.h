#pragma once

#include <string>

#include "engine/model.h"

namespace gyre::engine::detail {

/// The interpreter that runs conversions: GYRE_PYTHON in the model's environment, or else in this
/// program's, or else the build's.
[[nodiscard]] std::string PythonProgram(const LoadOptions& options);

/// The folder that holds gyre_worker and gyre_convert (GYRE_WORKER_PATH, alike).
[[nodiscard]] std::string WorkerPath(const LoadOptions& options);

}  // namespace gyre::engine::detail
