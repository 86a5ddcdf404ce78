#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "engine/tensor.h"

namespace gyre::engine {

/// How the values were wrapped; the answer is wrapped alike.
enum class JsonEnvelope {
    kNone,       ///< nested lists; answered with nested lists
    kInstances,  ///< {"instances": …} of TensorFlow Serving: rows; answered with {"predictions": …}
    kInputs      ///< {"inputs": …}: columns; answered with {"outputs": …}
};

struct JsonTensors {
    JsonEnvelope envelope = JsonEnvelope::kNone;
    std::vector<Tensor> tensors;  ///< one for each input, in the order of `inputs`
};

/// Reads nested lists of numbers, in one pass and straight into the inputs' types; true and false
/// are 1 and 0, NaN and Infinity are numbers, as Python writes them. A model of one input takes a
/// bare list, {"instances": list} and {"inputs": list or {name: list}}; of several, {"inputs":
/// {name: list, …}} with all names. Errors: kInvalidArgument with the byte offset, for ragged
/// lists, other values, and numbers that the input's type has no place for.
[[nodiscard]] core::Result<JsonTensors> ParseJsonTensors(std::string_view text,
                                                         std::span<const TensorSpec> inputs);

/// Appends nested lists. Floats print in the shortest form that reads back the same; NaN, Infinity
/// and -Infinity as Python writes them.
void AppendJson(std::string& text, const Tensor& tensor);

}  // namespace gyre::engine
