#include "objects/detail/reclaimer.h"

namespace gyre::objects::detail {
namespace {

constexpr size_t kToldAtOnce = 64;

}  // namespace

Reclaimer::Hold::Hold(Reclaimer& reclaimer) : reclaimer_(reclaimer) {
    auto state = reclaimer_.state_.Lock();
    since_ = state->readers.insert(state->time);
}

Reclaimer::Hold::~Hold() {
    bool last = false;
    {
        auto state = reclaimer_.state_.Lock();
        last = since_ == state->readers.begin() && !state->doomed.empty();
        state->readers.erase(since_);
    }
    if (last) reclaimer_.RemoveFree();
}

void Reclaimer::Discard(const std::vector<BlobId>& blobs) {
    if (blobs.empty()) return;
    auto state = state_.Lock();
    ++state->time;
    for (const BlobId blob : blobs) state->doomed.push_back({state->time, blob});
}

void Reclaimer::RemoveFree() {
    std::vector<BlobId> free;
    {
        auto state = state_.Lock();
        // A reader that began at time t may have seen what was discarded after t.
        while (!state->doomed.empty() &&
               (state->readers.empty() || *state->readers.begin() >= state->doomed.front().time)) {
            free.push_back(state->doomed.front().blob);
            state->doomed.pop_front();
        }
    }
    std::vector<BlobId> removed;
    for (const BlobId blob : free) {
        // A file that stays is found again at the next start: its row among the garbage stays too.
        if (files_.Remove(blob)) removed.push_back(blob);
    }
    auto state = state_.Lock();
    state->removed.insert(state->removed.end(), removed.begin(), removed.end());
}

std::vector<BlobId> Reclaimer::TakeRemoved() {
    std::vector<BlobId> removed;
    auto state = state_.Lock();
    if (state->removed.size() >= kToldAtOnce) removed.swap(state->removed);
    return removed;
}

}  // namespace gyre::objects::detail
