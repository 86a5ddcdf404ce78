#include "transform/host_pool.h"

#include <algorithm>

namespace gyre::transform {

void HostPool::Place::Release() {
    if (pool_ != nullptr) pool_->GiveBack(link_.get());
    pool_ = nullptr;
    link_ = nullptr;
}

void HostPool::Update(std::vector<std::shared_ptr<serving::HostLink>> links) {
    {
        auto state = state_.Lock();
        state->links = std::move(links);
        std::erase_if(state->taken, [&](const auto& entry) {
            return std::ranges::none_of(
                state->links, [&](const auto& link) { return link.get() == entry.first; });
        });
    }
    state_.NotifyAll();
}

std::optional<HostPool::Place> HostPool::Best(State& state) {
    const std::shared_ptr<serving::HostLink>* best = nullptr;
    int fewest = per_host_;
    for (const auto& link : state.links) {
        const int taken = state.taken[link.get()];
        if (taken >= fewest || !link->Connected()) continue;
        fewest = taken;
        best = &link;
    }
    if (best == nullptr) return std::nullopt;
    state.taken[best->get()]++;
    return Place(*this, *best);
}

std::optional<HostPool::Place> HostPool::TryTake() {
    auto state = state_.Lock();
    if (state->closed) return std::nullopt;
    return Best(*state);
}

std::optional<HostPool::Place> HostPool::Take() {
    auto state = state_.Lock();
    std::optional<Place> place;
    state.Wait([&] {
        if (!state->closed) place = Best(*state);
        return state->closed || place.has_value();
    });
    return place;
}

void HostPool::GiveBack(const serving::HostLink* link) {
    {
        auto state = state_.Lock();
        const auto found = state->taken.find(link);
        if (found != state->taken.end()) found->second--;
    }
    state_.NotifyOne();
}

void HostPool::Close() {
    state_.Lock()->closed = true;
    state_.NotifyAll();
}

}  // namespace gyre::transform
