#pragma once

#include <array>
#include <string_view>

#include "core/result.h"
#include "engine/tensor.h"

namespace gyre::engine {

/// As DecodePicture, for PNG: every colour type, 16-bit channels cut to 8, interlaced or not.
[[nodiscard]] core::Result<Tensor> DecodePng(std::string_view bytes,
                                             const std::array<uint8_t, 3>& background);

}  // namespace gyre::engine
