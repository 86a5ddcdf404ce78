#pragma once

#include <string_view>

#include "core/result.h"
#include "engine/tensor.h"

namespace gyre::engine {

/// As DecodePicture, for JPEG; by libjpeg with its defaults.
[[nodiscard]] core::Result<Tensor> DecodeJpeg(std::string_view bytes);

}  // namespace gyre::engine
