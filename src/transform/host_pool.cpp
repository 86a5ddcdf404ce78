#include "transform/host_pool.h"

#include <algorithm>

namespace gyre::transform {

void HostPool::Place::Release() {
    if (pool_ != nullptr) pool_->GiveBack(link_.get());
    pool_ = nullptr;
    link_ = nullptr;
    further_ = nullptr;
}

void HostPool::Update(std::vector<std::shared_ptr<serving::HostLink>> links,
                      std::vector<serving::ContainerRoute> further) {
    auto behind = std::make_shared<const std::vector<serving::ContainerRoute>>(std::move(further));
    {
        auto state = state_.Lock();
        state->links = std::move(links);
        state->further = std::move(behind);
        std::erase_if(state->taken, [&](const auto& entry) {
            return std::ranges::none_of(
                state->links, [&](const auto& link) { return link.get() == entry.first; });
        });
    }
    state_.NotifyAll();
}

std::optional<HostPool::Place> HostPool::PlaceFor(size_t share, State& state) {
    const size_t count = state.links.size();
    for (size_t i = 0; i < count; i++) {
        const auto& link = state.links[(share + i) % count];
        if (!link->Connected()) continue;
        int& taken = state.taken[link.get()];
        if (taken >= per_host_) return std::nullopt;
        taken++;
        return Place(*this, link, state.further);
    }
    return std::nullopt;
}

std::optional<HostPool::Place> HostPool::TryTake(size_t share) {
    auto state = state_.Lock();
    if (state->closed) return std::nullopt;
    return PlaceFor(share, *state);
}

std::optional<HostPool::Place> HostPool::Take(size_t share) {
    auto state = state_.Lock();
    std::optional<Place> place;
    state.Wait([&] {
        if (!state->closed) place = PlaceFor(share, *state);
        return state->closed || place.has_value();
    });
    return place;
}

void HostPool::GiveBack(const serving::HostLink* link) {
    bool several = false;
    {
        auto state = state_.Lock();
        const auto found = state->taken.find(link);
        if (found != state->taken.end()) found->second--;
        several = state->links.size() > 1;
    }
    // The one that is woken might wait for another host.
    if (several) {
        state_.NotifyAll();
    } else {
        state_.NotifyOne();
    }
}

void HostPool::Close() {
    state_.Lock()->closed = true;
    state_.NotifyAll();
}

}  // namespace gyre::transform
