#pragma once

#include <string_view>

#include "core/result.h"
#include "engine/model_settings.h"
#include "engine/tensor.h"

namespace gyre::engine {

/// Whether the bytes begin as a JPEG or PNG file does.
[[nodiscard]] bool IsPicture(std::string_view bytes);

/// Decodes a JPEG or PNG file to UINT8 [height, width, 3], red first, 8 bits a channel; what is
/// transparent is laid on `background`. Orientation tags are not followed. Errors:
/// kInvalidArgument for other or damaged bytes and for pictures over 64 megapixels, which are
/// refused before memory is taken for them.
[[nodiscard]] core::Result<Tensor> DecodePicture(std::string_view bytes,
                                                 const std::array<uint8_t, 3>& background);

/// Decodes, scales to the size that the model takes and orders the channels: UINT8 [height, width,
/// channels]. Scaling and gray are Pillow's, bit for bit.
[[nodiscard]] core::Result<Tensor> DecodeForModel(std::string_view bytes,
                                                  const ImageSettings& settings);

}  // namespace gyre::engine
