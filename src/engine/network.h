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
    /// Memory for input `index`, row-major, of `shape`, kept for the next batches; to be filled
    /// before Infer.
    [[nodiscard]] virtual core::Result<void*> Input(size_t index, const Shape& shape) = 0;
    /// Computes on `tensor`'s own memory, which must live until Infer has returned.
    [[nodiscard]] virtual core::Status Borrow(size_t index, const Tensor& tensor) = 0;
    [[nodiscard]] virtual core::Status Infer() = 0;
    [[nodiscard]] virtual size_t OutputCount() const = 0;
    /// Valid until the next call of any method but this.
    [[nodiscard]] virtual core::Result<Tensor> Output(size_t index) = 0;
};

/// A loaded network: tensors in, tensors out. Thread-safe; outlives its sessions.
class Network {
  public:
    virtual ~Network() = default;
    /// Dimension 0 is the batch's; an empty shape is any.
    [[nodiscard]] virtual const std::vector<TensorSpec>& Inputs() const = 0;
    [[nodiscard]] virtual const std::vector<TensorSpec>& Outputs() const = 0;
    [[nodiscard]] virtual core::Result<std::unique_ptr<Session>> NewSession() = 0;
};

}  // namespace gyre::engine
