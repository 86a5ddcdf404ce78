#pragma once

#include <functional>

#include "engine/network.h"

namespace gyre::engine {

/// For tests: one FP32 input [-1, 2] and output, computed by a function over all values.
class FakeNetwork final : public Network {
  public:
    using Function = std::function<core::Status(const float* from, float* to, int64_t rows)>;
    explicit FakeNetwork(Function function) : function_(std::move(function)) {}

    const std::vector<TensorSpec>& Inputs() const override { return specs_; }
    const std::vector<TensorSpec>& Outputs() const override { return specs_; }
    core::Result<std::unique_ptr<Session>> NewSession() override {
        return std::make_unique<FakeSession>(*this);
    }
    int runs = 0;
    std::function<Tensor(const Tensor& output)> shape_output;  ///< what Output gives of it

  private:
    class FakeSession final : public Session {
      public:
        explicit FakeSession(FakeNetwork& network) : network_(network) {}
        core::Result<void*> Input(size_t, DataType type, const Shape& shape) override {
            input_ = Tensor(type, shape);
            return input_.MutableData();
        }
        core::Status Borrow(size_t, const Tensor& tensor) override {
            input_ = tensor;
            return {};
        }
        core::Status Infer() override {
            ++network_.runs;
            output_ = Tensor(DataType::kFloat32, input_.Dims());
            return network_.function_(input_.As<float>(),
                                      static_cast<float*>(output_.MutableData()), input_.Dims()[0]);
        }
        size_t OutputCount() const override { return 1; }
        core::Result<Tensor> Output(size_t) override {
            return network_.shape_output ? network_.shape_output(output_) : output_;
        }

      private:
        FakeNetwork& network_;
        Tensor input_;
        Tensor output_;
    };

    const Function function_;
    const std::vector<TensorSpec> specs_{{.name = "x", .shape = {-1, 2}}};
};

}  // namespace gyre::engine
