#pragma once

#include <atomic>
#include <functional>
#include <thread>

#include "core/clock.h"
#include "core/guarded.h"
#include "core/worker_pool.h"

namespace gyre::host::detail {

/// One thread that calls `expire` when the earliest time it was told comes; `expire` returns the
/// next (SteadyTime::max(): none). Constructed means running; the destructor stops and joins.
/// Thread-safe.
class DeadlineTimer {
  public:
    explicit DeadlineTimer(std::function<core::SteadyTime()> expire)
        : expire_(std::move(expire)), thread_([this] { Run(); }) {}
    ~DeadlineTimer() {
        state_.Lock()->stopping = true;
        state_.NotifyAll();
    }
    DeadlineTimer(const DeadlineTimer&) = delete;
    DeadlineTimer& operator=(const DeadlineTimer&) = delete;

    /// Sooner than what it knows wakes the thread; later costs next to nothing.
    void NoLaterThan(core::SteadyTime time) {
        if (time >= earliest_.load(std::memory_order_relaxed)) return;
        {
            auto state = state_.Lock();
            if (time >= state->next) return;
            state->next = time;
            earliest_.store(time, std::memory_order_relaxed);
        }
        state_.NotifyAll();
    }

  private:
    struct State {
        core::SteadyTime next = core::SteadyTime::max();
        bool stopping = false;
    };

    void Run() {
        core::SetThreadName("host-deadlines");
        while (true) {
            {
                auto state = state_.Lock();
                const core::SteadyTime until = state->next;
                const auto changed = [&] { return state->stopping || state->next < until; };
                if (until == core::SteadyTime::max()) {
                    state.Wait(changed);
                } else if (!state.WaitUntil(until, changed)) {
                    // What is told while `expire` looks must count, so the slate is clean before.
                    state->next = core::SteadyTime::max();
                    earliest_.store(core::SteadyTime::max(), std::memory_order_relaxed);
                }
                if (state->stopping) return;
                if (state->next < until) continue;
            }
            NoLaterThan(expire_());
        }
    }

    const std::function<core::SteadyTime()> expire_;
    std::atomic<core::SteadyTime> earliest_{core::SteadyTime::max()};
    core::Guarded<State> state_;
    std::jthread thread_;  // last: it uses what is above
};

}  // namespace gyre::host::detail
