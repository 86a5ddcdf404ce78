#include "jobs/detail/reconcile_queue.h"

#include "core/result.h"

namespace gyre::jobs::detail {

void ReconcileQueue::Schedule(const Key& key, State& state, core::SteadyTime due) {
    if (state.due) due_.erase({*state.due, key});
    state.due = due;
    due_.emplace(due, key);
}

void ReconcileQueue::Wake(const Key& key, core::SteadyTime now) {
    State& state = states_[key];
    if (state.in_progress) {
        state.woken = true;
    } else if (!state.due || *state.due > now) {
        Schedule(key, state, now);
    }
}

void ReconcileQueue::WakeAll(core::SteadyTime now) {
    for (const auto& [key, state] : states_) Wake(key, now);
}

std::optional<ReconcileQueue::Key> ReconcileQueue::Take(core::SteadyTime now) {
    if (due_.empty() || due_.begin()->first > now) return std::nullopt;
    Key key = due_.begin()->second;
    due_.erase(due_.begin());
    State& state = states_[key];
    state.due.reset();
    state.in_progress = true;
    state.woken = false;
    return key;
}

std::optional<core::SteadyTime> ReconcileQueue::NextDue() const {
    if (due_.empty()) return std::nullopt;
    return due_.begin()->first;
}

void ReconcileQueue::Succeeded(const Key& key, core::SteadyTime now,
                               std::optional<core::milliseconds> again) {
    const auto found = states_.find(key);
    GYRE_CHECK(found != states_.end() && found->second.in_progress);
    State& state = found->second;
    state.in_progress = false;
    state.failures = 0;
    if (state.woken) {
        Schedule(key, state, now);
    } else if (again) {
        Schedule(key, state, now + *again);
    } else {
        states_.erase(found);
    }
}

core::milliseconds ReconcileQueue::Failed(const Key& key, core::SteadyTime now) {
    const auto found = states_.find(key);
    GYRE_CHECK(found != states_.end() && found->second.in_progress);
    State& state = found->second;
    state.in_progress = false;
    const core::milliseconds delay = backoff_.Delay(++state.failures, random_());
    Schedule(key, state, now + delay);
    return delay;
}

}  // namespace gyre::jobs::detail
