#include "transform/host_pool.h"

#include <algorithm>

namespace gyre::transform {

void HostPool::Place::Release() {
    if (pool_ != nullptr) pool_->GiveBack(link_.get(), places_, bytes_);
    pool_ = nullptr;
    link_ = nullptr;
    further_ = nullptr;
}

void HostPool::Place::Holds(size_t bytes) {
    const size_t before = std::exchange(bytes_, bytes);
    {
        auto state = pool_->state_.Lock();
        state->bytes += bytes - before;
        if (!std::exchange(state->bytes_short, false)) return;
    }
    pool_->state_.NotifyAll();
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

const std::shared_ptr<serving::HostLink>* HostPool::HostOf(size_t share, const State& state) {
    const size_t count = state.links.size();
    for (size_t i = 0; i < count; i++) {
        const auto& link = state.links[(share + i) % count];
        if (link->Connected()) return &link;
    }
    return nullptr;
}

std::optional<HostPool::Place> HostPool::PlaceFor(const Want& want, State& state) {
    const auto* const link = HostOf(want.share, state);
    if (link == nullptr) return std::nullopt;
    const bool kept_free = std::ranges::any_of(
        state.waiting_alone, [&](size_t share) { return HostOf(share, state) == link; });
    if (kept_free && !want.alone) return std::nullopt;
    const int places = want.alone ? per_host_ : 1;
    int& taken = state.taken[link->get()];
    if (taken + places > per_host_) return std::nullopt;
    if (state.bytes > 0 && state.bytes + want.bytes > most_bytes_) {
        state.bytes_short = true;
        return std::nullopt;
    }
    taken += places;
    state.bytes += want.bytes;
    return Place(*this, *link, state.further, places, want.bytes);
}

std::optional<HostPool::Place> HostPool::TryTake(const Want& want) {
    auto state = state_.Lock();
    if (state->closed) return std::nullopt;
    return PlaceFor(want, *state);
}

std::optional<HostPool::Place> HostPool::Take(const Want& want) {
    auto state = state_.Lock();
    if (want.alone) state->waiting_alone.push_back(want.share);
    std::optional<Place> place;
    state.Wait([&] {
        if (!state->closed) place = PlaceFor(want, *state);
        return state->closed || place.has_value();
    });
    if (want.alone) state->waiting_alone.erase(std::ranges::find(state->waiting_alone, want.share));
    return place;
}

void HostPool::GiveBack(const serving::HostLink* link, int places, size_t bytes) {
    bool one = false;
    {
        auto state = state_.Lock();
        const auto found = state->taken.find(link);
        if (found != state->taken.end()) found->second -= places;
        state->bytes -= bytes;
        one = places == 1 && state->links.size() == 1 && state->waiting_alone.empty() &&
              !std::exchange(state->bytes_short, false);
    }
    // Of several that wait, the one that is woken might wait for something else.
    if (one) {
        state_.NotifyOne();
    } else {
        state_.NotifyAll();
    }
}

void HostPool::Close() {
    state_.Lock()->closed = true;
    state_.NotifyAll();
}

}  // namespace gyre::transform
