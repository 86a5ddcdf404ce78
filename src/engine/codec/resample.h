#pragma once

#include "engine/model_settings.h"
#include "engine/tensor.h"

namespace gyre::engine {

/// A part of a picture, in pixels; may begin between two.
struct Box {
    double left = 0;
    double top = 0;
    double right = 0;
    double bottom = 0;
};

/// Scales the part `box` of a UINT8 [height, width, channels] picture to height × width, as
/// Pillow's Image.resize(box=…) does, bit for bit: a separable filter that is widened where the
/// picture shrinks (antialias), rounded to 8 bits between the two passes.
[[nodiscard]] Tensor Resample(const Tensor& picture, const Box& box, int height, int width,
                              ImageSettings::Filter filter);

}  // namespace gyre::engine
