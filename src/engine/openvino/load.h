#pragma once

#include <filesystem>
#include <memory>

#include "engine/model.h"
#include "engine/model_settings.h"

namespace gyre::engine {

/// Serves *.xml (IR) or *.onnx through OpenVINO. Errors: kInvalidArgument for what OpenVINO
/// does not take, with its reason.
[[nodiscard]] core::Result<std::unique_ptr<Model>> LoadOpenVinoModel(
    const LoadOptions& options, const ModelSettings& settings, const std::filesystem::path& file);

/// "2026.4.1-…", for keys of caches.
[[nodiscard]] std::string OpenVinoVersion();

}  // namespace gyre::engine
