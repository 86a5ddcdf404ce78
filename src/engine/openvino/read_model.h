#pragma once

#include <openvino/openvino.hpp>

#include <filesystem>

#include "engine/model_settings.h"

namespace gyre::engine::openvino {

/// Reads *.xml (with *.bin beside it) or *.onnx, gives its inputs the shapes of `settings`, and
/// puts what `settings.image` asks for before them: the model then takes UINT8 [N,H,W,C]. Errors:
/// kInvalidArgument for damaged files, shapes that the model refuses, and inputs that do not go
/// with `settings`.
[[nodiscard]] core::Result<std::shared_ptr<ov::Model>> ReadModel(ov::Core& core,
                                                                 const std::filesystem::path& file,
                                                                 const ModelSettings& settings);

/// Frees dimension 0 of every input where it is 1, so that rows can be stacked. False, with the
/// model as it was, where the model does not allow it.
[[nodiscard]] bool FreeBatch(const std::shared_ptr<ov::Model>& model);

}  // namespace gyre::engine::openvino
