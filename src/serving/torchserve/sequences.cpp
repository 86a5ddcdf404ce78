#include "serving/torchserve/sequences.h"

#include <algorithm>

namespace gyre::serving::torchserve {

using core::SteadyTime;

void Sequences::SetWorkers(int workers, int batch_size) {
    auto state = state_.Lock();
    state->workers = std::max(1, workers);
    state->most = settings_.most > 0 ? settings_.most : state->workers * std::max(1, batch_size);
}

bool Sequences::Over(const Sequence& sequence, SteadyTime now) const {
    if (sequence.at_work > 0) return false;
    if (now - sequence.answered >= core::milliseconds(settings_.max_idle_ms)) return true;
    return settings_.timeout_ms > 0 &&
           now - sequence.began >= core::milliseconds(settings_.timeout_ms);
}

int Sequences::FreestWorker(const State& state) {
    std::vector<int> sequences(static_cast<size_t>(state.workers), 0);
    for (const auto& [id, sequence] : state.all) {
        if (sequence.worker < state.workers) sequences[static_cast<size_t>(sequence.worker)]++;
    }
    return static_cast<int>(std::ranges::min_element(sequences) - sequences.begin());
}

bool Sequences::Offer(const std::string& id, bool last, SteadyTime now, Send send) {
    int worker = 0;
    {
        auto state = state_.Lock();
        auto found = state->all.find(id);
        if (found != state->all.end() && Over(found->second, now)) {
            state->all.erase(found);
            found = state->all.end();
        }
        if (found == state->all.end()) {
            const auto most = static_cast<size_t>(state->most);
            if (state->all.size() >= most) {
                std::erase_if(state->all, [&](const auto& one) { return Over(one.second, now); });
            }
            if (state->all.size() >= most) return false;
            Sequence begun;
            begun.worker = FreestWorker(*state);
            begun.began = begun.answered = now;
            found = state->all.emplace(id, std::move(begun)).first;
        }
        Sequence& sequence = found->second;
        if (sequence.ends) return false;
        const size_t before = static_cast<size_t>(sequence.at_work) + sequence.waiting.size();
        if (before > static_cast<size_t>(settings_.queue)) return false;
        sequence.ends = last;
        if (before > 0 && !settings_.together) {
            sequence.waiting.push_back(std::move(send));
            return true;
        }
        if (sequence.worker >= state->workers) sequence.worker = FreestWorker(*state);
        sequence.at_work++;
        worker = sequence.worker;
    }
    send(worker);
    return true;
}

void Sequences::Answered(const std::string& id, bool over, SteadyTime now) {
    Send next;
    int worker = 0;
    {
        auto state = state_.Lock();
        const auto found = state->all.find(id);
        if (found == state->all.end()) return;
        Sequence& sequence = found->second;
        sequence.answered = now;
        sequence.ends = sequence.ends || over;
        sequence.at_work--;
        if (sequence.waiting.empty()) {
            if (sequence.at_work == 0 && sequence.ends) state->all.erase(found);
            return;
        }
        next = std::move(sequence.waiting.front());
        sequence.waiting.pop_front();
        sequence.at_work++;
        if (sequence.worker >= state->workers) sequence.worker = FreestWorker(*state);
        worker = sequence.worker;
    }
    next(worker);
}

size_t Sequences::Open(SteadyTime now) {
    auto state = state_.Lock();
    std::erase_if(state->all, [&](const auto& one) { return Over(one.second, now); });
    return state->all.size();
}

}  // namespace gyre::serving::torchserve
