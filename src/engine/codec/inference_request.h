#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/body.h"
#include "core/result.h"
#include "engine/tensor.h"

namespace gyre::engine {

/// A tensor of a KServe V2 request, as it came.
struct InferenceInput {
    std::string name;
    std::string datatype;  ///< "FP32"…, "BYTES"
    Shape shape;
    Tensor tensor;                        ///< of any type but BYTES; shares the body's memory
    std::vector<std::string_view> bytes;  ///< of BYTES: its elements, in the body
};

/// How one output is to be written.
struct InferenceOutput {
    std::string name;
    bool binary = false;
    int classes = 0;  ///< > 0: the best so many, as texts "score:index:label"
};

/// How a KServe V2 request is to be answered.
struct InferenceReplyPlan {
    std::string model;
    std::string id;
    std::vector<InferenceOutput> outputs;  ///< empty: all
    bool binary = false;                   ///< of outputs that are not named
};

struct InferenceRequest {
    std::vector<InferenceInput> inputs;
    InferenceReplyPlan plan;
    std::shared_ptr<const void> owner;  ///< of what inputs point to
};

/// Reads a body of `json_bytes` bytes of JSON and the binary tensors after it (KServe's "Open
/// Inference Protocol" and Triton's binary data extension). Nothing of a binary tensor is copied.
/// 0 bytes of JSON: the body is the only input's values, named and shaped by `inputs`, and all
/// outputs are binary. Errors: kInvalidArgument, naming the input.
[[nodiscard]] core::Result<InferenceRequest> ParseInferenceRequest(
    std::shared_ptr<const core::Body> body, size_t json_bytes, std::span<const TensorSpec> inputs);

/// Elements of a BYTES tensor: each a 4-byte little-endian length and so many bytes.
[[nodiscard]] core::Result<std::vector<std::string_view>> SplitBytesTensor(std::string_view data);

}  // namespace gyre::engine
