#pragma once

#include <memory>
#include <vector>

#include "core/result.h"
#include "engine/tensor.h"

namespace gyre::engine {

/// The memory and state of one computation at a time. Used by one thread at a time.
class Session {
  public:
    virtual ~Session() = default;
    /// Memory for input `index`, row-major, kept for the next batches; to be filled before Infer.
    /// Inputs are given in their order.
    /// `type` is the input's own, unless that takes any.
    [[nodiscard]] virtual core::Result<void*> Input(size_t index, DataType type,
                                                    const Shape& shape) = 0;
    /// Computes on `tensor`, which must live until Infer has returned and is not written to.
    [[nodiscard]] virtual core::Status Borrow(size_t index, const Tensor& tensor) = 0;
    [[nodiscard]] virtual core::Status Infer() = 0;
    /// How many outputs the last Infer had.
    [[nodiscard]] virtual size_t OutputCount() const = 0;
    /// Valid until the next call of any method but this.
    [[nodiscard]] virtual core::Result<Tensor> Output(size_t index) = 0;
};

/// A loaded network: tensors in, tensors out. Thread-safe; outlives its sessions.
class Network {
  public:
    virtual ~Network() = default;
    /// Dimension 0 is the batch's.
    [[nodiscard]] virtual const std::vector<TensorSpec>& Inputs() const = 0;
    /// As far as they are known before a run.
    [[nodiscard]] virtual const std::vector<TensorSpec>& Outputs() const = 0;
    [[nodiscard]] virtual core::Result<std::unique_ptr<Session>> NewSession() = 0;
};

}  // namespace gyre::engine
