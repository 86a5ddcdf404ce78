#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "engine/tensor.h"

namespace gyre::engine {

/// Reads an .npz file (a zip archive of .npy files, numpy.savez) into one tensor for each input:
/// by the inputs' names, or, where no name agrees, in the archive's order. Errors: kInvalidArgument
/// for what is no such archive, too few or unknown arrays, and more than 1 GiB unpacked.
[[nodiscard]] core::Result<std::vector<Tensor>> ParseNpz(std::string_view body,
                                                         std::span<const TensorSpec> inputs);

}  // namespace gyre::engine
