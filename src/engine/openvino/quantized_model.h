#pragma once

#include <openvino/openvino.hpp>

#include <vector>

#include "engine/model.h"
#include "engine/network_trial.h"

namespace gyre::engine::openvino {

constexpr size_t kMostCalibrated = 300;  ///< rows that quantization looks at

/// `model` (with its preparation of pictures inside) with 8-bit weights and activations: quantized
/// after training by nncf in python/gyre_convert, calibrated on `samples`, and kept in the cache by
/// the samples' digest and `source`, which stands for the model: what it was made from. Errors:
/// where nncf is missing or fails, with its reason.
[[nodiscard]] core::Result<std::shared_ptr<ov::Model>> QuantizedModel(
    ov::Core& core, const std::shared_ptr<ov::Model>& model, const std::string& source,
    const std::vector<Inputs>& samples, const LoadOptions& options);

}  // namespace gyre::engine::openvino
