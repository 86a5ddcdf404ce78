#pragma once

#include <openvino/openvino.hpp>

#include "core/result.h"
#include "engine/tensor.h"

namespace gyre::engine::openvino {

/// Errors: kInvalidArgument for types that requests cannot carry (strings, 4-bit numbers…).
[[nodiscard]] core::Result<DataType> FromOpenVino(const ov::element::Type& type);
[[nodiscard]] ov::element::Type ToOpenVino(DataType type);
/// -1 for what is dynamic; empty where the rank is, too.
[[nodiscard]] Shape FromOpenVino(const ov::PartialShape& shape);
[[nodiscard]] ov::PartialShape ToOpenVino(const Shape& shape);
[[nodiscard]] ov::Shape ToStatic(const Shape& shape);
[[nodiscard]] Shape FromStatic(const ov::Shape& shape);

/// The first lines of what OpenVINO threw: its messages carry source places and repeat themselves.
[[nodiscard]] std::string Reason(const std::exception& error);

}  // namespace gyre::engine::openvino
