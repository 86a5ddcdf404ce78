#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/model.h"
#include "serving/host_protocol.h"

namespace gyre::host::detail {

/// The calls of the model that a batch was, once it ran: one, or those that its requests name.
class BatchCalls {
  public:
    explicit BatchCalls(std::span<const std::unique_ptr<engine::Prepared>> batch);

    /// Of each call, how many requests it answered.
    [[nodiscard]] const std::vector<uint32_t>& Sizes() const { return sizes_; }
    /// Of the calls, those that began another shape than those before.
    [[nodiscard]] uint32_t FurtherShapes() const { return further_shapes_; }
    /// How many shared the call that answered `item`; 0 where none did.
    [[nodiscard]] uint32_t SizeFor(const engine::Prepared& item) const;
    /// Why `item` was answered by that call: `left`, for which the batch did, unless for its shape.
    [[nodiscard]] serving::LeaveReason ReasonFor(const engine::Prepared& item,
                                                 serving::LeaveReason left) const;

  private:
    uint32_t requests_;
    std::vector<uint32_t> sizes_;
    uint32_t further_shapes_ = 0;
    uint32_t first_further_ = UINT32_MAX;  // the number of that call
};

}  // namespace gyre::host::detail
