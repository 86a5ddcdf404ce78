#pragma once

#include <string>

#include "core/result.h"
#include "engine/model.h"

namespace gyre::engine::python {

/// The interpreter that runs the model's code: DefaultPython, or where the model has a
/// code/requirements.txt (or, with TS_INSTALL_PY_DEP_PER_MODEL=true, a file that
/// MAR-INF/MANIFEST.json names as requirementsFile) one that has these packages too, installed with
/// pip into a folder of options.cache_directory that later loads find again. What pip prints goes
/// to options.on_log. Errors: kInvalidArgument when pip fails, with its last lines.
[[nodiscard]] core::Result<std::string> PythonWithRequirements(const LoadOptions& options);

}  // namespace gyre::engine::python
