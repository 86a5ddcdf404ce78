#pragma once

#include <openvino/openvino.hpp>

#include "core/guarded.h"
#include "engine/network.h"

namespace gyre::engine::openvino {

struct CompileOptions {
    int threads = 1;
    int streams = 1;    ///< inferences that compute at once and share the threads out
    bool bf16 = false;  ///< compute in bfloat16 where the model is in floats
};

/// A model compiled for this machine's CPU.
class CompiledNetwork final : public Network {
  public:
    /// Errors: kInvalidArgument for a model that OpenVINO cannot compile, with its reason.
    [[nodiscard]] static core::Result<std::unique_ptr<CompiledNetwork>> Compile(
        ov::Core& core, const std::shared_ptr<ov::Model>& model, const CompileOptions& options);

    [[nodiscard]] const std::vector<TensorSpec>& Inputs() const override { return inputs_; }
    [[nodiscard]] const std::vector<TensorSpec>& Outputs() const override { return outputs_; }
    [[nodiscard]] core::Result<std::unique_ptr<Session>> NewSession() override;

  private:
    ov::CompiledModel compiled_;
    std::vector<TensorSpec> inputs_;
    std::vector<TensorSpec> outputs_;
};

/// What a model takes and gives. Errors: kInvalidArgument for types that are not served.
[[nodiscard]] core::Result<std::vector<TensorSpec>> DescribeInputs(const ov::Model& model);

}  // namespace gyre::engine::openvino
