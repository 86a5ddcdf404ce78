#pragma once

#include <cstdint>

#include "core/result.h"
#include "engine/tensor.h"

namespace gyre::engine {

/// IEEE 754 binary16 and bfloat16 as bit patterns; narrowing rounds to nearest, ties to even.
[[nodiscard]] float HalfToFloat(uint16_t bits);
[[nodiscard]] uint16_t FloatToHalf(float value);
[[nodiscard]] float BFloatToFloat(uint16_t bits);
[[nodiscard]] uint16_t FloatToBFloat(float value);

/// One element read as a double. 64-bit integers above 2^53 are rounded.
[[nodiscard]] double ElementAt(const Tensor& tensor, size_t index);

/// The same values as another type; `tensor` itself where it is of that type. Floats may lose
/// precision; an integer type takes only whole values in its range. Errors: kInvalidArgument
/// naming the first value that does not fit.
[[nodiscard]] core::Result<Tensor> Cast(const Tensor& tensor, DataType type);

}  // namespace gyre::engine
