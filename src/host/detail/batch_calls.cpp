#include "host/detail/batch_calls.h"

#include <algorithm>

namespace gyre::host::detail {

BatchCalls::BatchCalls(std::span<const std::unique_ptr<engine::Prepared>> batch)
    : requests_(static_cast<uint32_t>(batch.size())) {
    if (batch.empty() || batch.front()->AnsweredBy() == nullptr) {
        sizes_ = {requests_};
        return;
    }
    std::vector<bool> seen(batch.size());
    for (const auto& item : batch) {
        const engine::Call* call = item->AnsweredBy();
        if (call == nullptr || call->requests == 0 || call->number >= seen.size()) continue;
        if (seen[call->number]) continue;
        seen[call->number] = true;
        sizes_.push_back(call->requests);
        if (!call->another_shape) continue;
        further_shapes_++;
        first_further_ = std::min(first_further_, call->number);
    }
}

uint32_t BatchCalls::SizeFor(const engine::Prepared& item) const {
    const engine::Call* call = item.AnsweredBy();
    return call == nullptr ? requests_ : call->requests;
}

serving::LeaveReason BatchCalls::ReasonFor(const engine::Prepared& item,
                                           serving::LeaveReason left) const {
    const engine::Call* call = item.AnsweredBy();
    const bool further = call != nullptr && call->requests > 0 && call->number >= first_further_;
    return further ? serving::LeaveReason::kShape : left;
}

}  // namespace gyre::host::detail
