#pragma once

#include <openvino/openvino.hpp>

#include <atomic>
#include <map>

#include "core/guarded.h"
#include "engine/network.h"

namespace gyre::engine::openvino {

struct CompileOptions {
    int threads = 1;
    bool bf16 = false;  ///< compute in bfloat16 where the model is in floats
};

/// A model compiled for this machine's CPU. A batch that is alone has all threads. Where lanes are
/// compiled, batches that compute at once have a share of the threads each: threads of one batch
/// wait for one another at every layer, and are held up by whatever else the machine does; those of
/// different batches do not. Its sessions must not outlive it.
class CompiledNetwork final : public Network {
  public:
    /// Errors: kInvalidArgument for a model that OpenVINO cannot compile, with its reason.
    [[nodiscard]] static core::Result<std::unique_ptr<CompiledNetwork>> Compile(
        ov::Core& core, const std::shared_ptr<ov::Model>& model, const CompileOptions& options);
    CompiledNetwork(ov::Core& core, std::shared_ptr<ov::Model> model,
                    const CompileOptions& options);

    /// What follows is for sessions made later, and has memory for the weights of its own.
    [[nodiscard]] core::Status UseLanes(int lanes);
    void UseNoLanes() { lanes_ = 1; }
    /// For batches of just `rows`, which then need no shapes worked out at each change: in the
    /// lanes, or where there are none or for one row for batches that are alone. Some 10% less time
    /// for one row, 3% for eight. Errors: where OpenVINO refuses; such batches then go on as all
    /// others.
    [[nodiscard]] core::Status CompileRows(int64_t rows);

    [[nodiscard]] int Lanes() const { return lanes_; }
    [[nodiscard]] const std::vector<TensorSpec>& Inputs() const override { return inputs_; }
    [[nodiscard]] const std::vector<TensorSpec>& Outputs() const override { return outputs_; }
    [[nodiscard]] core::Result<std::unique_ptr<Session>> NewSession() override;

  private:
    class OpenVinoSession;
    static constexpr int64_t kAnyRows = 0;

    /// Throws what OpenVINO throws.
    [[nodiscard]] ov::CompiledModel CompileFor(int64_t rows, int lanes);

    ov::Core& core_;
    const std::shared_ptr<ov::Model> model_;
    const CompileOptions options_;
    std::map<int64_t, ov::CompiledModel> wide_;  ///< by rows
    std::map<int64_t, ov::CompiledModel> narrow_;
    int lanes_ = 1;  ///< 1: narrow_ is not used
    std::vector<TensorSpec> inputs_;
    std::vector<TensorSpec> outputs_;
    std::atomic<int> computing_ = 0;  ///< sessions, now
};

/// What a model takes and gives. Errors: kInvalidArgument for types that are not served.
[[nodiscard]] core::Result<std::vector<TensorSpec>> DescribeInputs(const ov::Model& model);

}  // namespace gyre::engine::openvino
