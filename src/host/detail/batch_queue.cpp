#include "host/detail/batch_queue.h"

#include <algorithm>

namespace gyre::host::detail {

using core::SteadyTime;

void BatchQueue::Add(Waiting item) {
    const std::string& key = item.prepared->BatchKey();
    const int rows = item.prepared->Rows();
    auto group = std::find_if(groups_.begin(), groups_.end(),
                              [&](const Group& candidate) { return candidate.key == key; });
    if (group == groups_.end()) {
        group = groups_.insert(groups_.end(), Group(key));
        states_.push_back({0, item.arrival, item.deadline});
    }
    GroupState& state = states_[static_cast<size_t>(group - groups_.begin())];
    state.rows += rows;
    state.oldest = std::min(state.oldest, item.arrival);
    state.deadline = std::min(state.deadline, item.deadline);
    rows_ += rows;
    requests_++;
    // Nearly always the youngest: what took longer to prepare goes back to its place.
    auto place = group->items.end();
    while (place != group->items.begin() && (place - 1)->arrival > item.arrival) --place;
    group->items.insert(place, std::move(item));
}

std::vector<Waiting> BatchQueue::Take(size_t index, int rows) {
    std::deque<Waiting>& items = groups_[index].items;
    std::vector<Waiting> taken;
    int taken_rows = 0;
    while (!items.empty()) {
        const int next = items.front().prepared->Rows();
        if (!taken.empty() && taken_rows + next > rows) break;
        taken_rows += next;
        taken.push_back(std::move(items.front()));
        items.pop_front();
    }
    rows_ -= taken_rows;
    requests_ -= taken.size();
    Settle(index);
    return taken;
}

std::vector<Waiting> BatchQueue::TakeExpired(SteadyTime now) {
    std::vector<Waiting> expired;
    for (size_t index = groups_.size(); index-- > 0;) {
        if (states_[index].deadline > now) continue;
        std::deque<Waiting>& items = groups_[index].items;
        const auto late = std::stable_partition(
            items.begin(), items.end(), [&](const Waiting& item) { return item.deadline > now; });
        for (auto at = late; at != items.end(); ++at) {
            rows_ -= at->prepared->Rows();
            requests_--;
            expired.push_back(std::move(*at));
        }
        items.erase(late, items.end());
        Settle(index);
    }
    return expired;
}

std::vector<Waiting> BatchQueue::TakeAll() {
    std::vector<Waiting> all;
    for (Group& group : groups_) {
        std::move(group.items.begin(), group.items.end(), std::back_inserter(all));
    }
    groups_.clear();
    states_.clear();
    rows_ = 0;
    requests_ = 0;
    return all;
}

SteadyTime BatchQueue::EarliestDeadline() const {
    SteadyTime earliest = SteadyTime::max();
    for (const GroupState& state : states_) earliest = std::min(earliest, state.deadline);
    return earliest;
}

void BatchQueue::Settle(size_t index) {
    const std::deque<Waiting>& items = groups_[index].items;
    if (items.empty()) {
        groups_.erase(groups_.begin() + static_cast<std::ptrdiff_t>(index));
        states_.erase(states_.begin() + static_cast<std::ptrdiff_t>(index));
        return;
    }
    GroupState state{0, items.front().arrival, SteadyTime::max()};
    for (const Waiting& item : items) {
        state.rows += item.prepared->Rows();
        state.deadline = std::min(state.deadline, item.deadline);
    }
    states_[index] = state;
}

}  // namespace gyre::host::detail
