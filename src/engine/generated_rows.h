#pragma once

#include <cstdint>
#include <vector>

#include "engine/tensor.h"

namespace gyre::engine {

/// Made-up inputs of `rows` rows for a model that brings no samples: floats are normal noise, UINT8
/// pictures ([N, height, width, 1 or 3]) are smooth areas with some noise, as photographs are,
/// other integers and bools are 0 and 1 (any table has these rows). Free dimensions get 224 in
/// pictures and behind channels, 16 elsewhere. The same for the same `seed`.
[[nodiscard]] std::vector<Tensor> GenerateRows(const std::vector<TensorSpec>& inputs, int rows,
                                               uint32_t seed);

}  // namespace gyre::engine
