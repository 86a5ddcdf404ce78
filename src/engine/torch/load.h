#pragma once

#include <filesystem>
#include <memory>

#include "engine/model.h"
#include "engine/model_settings.h"

namespace gyre::engine {

/// Serves a TorchScript file through libtorch, which is brought into this program only here: it
/// costs half a second and 200 MB. Inputs whose shapes `settings` does not name take any; their
/// rows are not stacked unless samples show that they may be. Errors: kInvalidArgument for a
/// damaged file, kInternal where the library is missing.
[[nodiscard]] core::Result<std::unique_ptr<Model>> LoadTorchModel(
    const LoadOptions& options, const ModelSettings& settings, const std::filesystem::path& file);

}  // namespace gyre::engine
