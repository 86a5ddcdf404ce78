#pragma once

#include <string>
#include <string_view>

#include "core/result.h"
#include "engine/tensor.h"

namespace gyre::engine {

/// Lines of comma-separated numbers as FP64: [lines, columns], or [columns] for one line, as
/// numpy.genfromtxt gives them. Empty lines are skipped; an empty field is NaN. Errors:
/// kInvalidArgument with the line.
[[nodiscard]] core::Result<Tensor> ParseCsv(std::string_view text);

/// A line for each index of the first dimension; the others follow one another on it.
[[nodiscard]] std::string CsvText(const Tensor& tensor);

}  // namespace gyre::engine
