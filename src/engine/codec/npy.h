#pragma once

#include <memory>
#include <string>

#include "core/result.h"
#include "engine/tensor.h"

namespace gyre::engine {

/// Reads one .npy file (NumPy's format 1.0, 2.0 and 3.0: numpy/lib/format). The tensor borrows
/// the body where its values are in place (C order, little-endian, aligned) and copies otherwise.
/// Errors: kInvalidArgument for what is no .npy file, for Python objects, strings, complex numbers
/// and records, and where the bytes are not exactly what the shape asks for.
[[nodiscard]] core::Result<Tensor> ParseNpy(std::shared_ptr<const std::string> body);

/// The same, of a part of memory that `owner` keeps.
[[nodiscard]] core::Result<Tensor> ParseNpy(std::string_view bytes,
                                            std::shared_ptr<const void> owner);

/// What comes before the values in a file of this type and shape, padded to 64 bytes. BF16, which
/// NumPy has no name for, is refused by a check: convert it first.
[[nodiscard]] std::string NpyHeader(DataType type, const Shape& shape);

}  // namespace gyre::engine
