#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>

#include "core/clock.h"

namespace gyre::core {

/// Asks work to stop. Copies share one state; thread-safe.
class CancelToken {
  public:
    CancelToken() : state_(std::make_shared<State>()) {}

    void Cancel() {
        {
            const std::lock_guard lock(state_->mutex);
            state_->cancelled = true;
        }
        state_->changed.notify_all();
    }
    [[nodiscard]] bool Cancelled() const {
        return state_->cancelled.load(std::memory_order_acquire);
    }
    /// Sleeps until `deadline` or until cancelled; true when cancelled.
    bool WaitUntil(SteadyTime deadline) const {
        std::unique_lock lock(state_->mutex);
        return state_->changed.wait_until(lock, deadline,
                                          [this] { return state_->cancelled.load(); });
    }

  private:
    struct State {
        std::mutex mutex;
        std::condition_variable changed;
        std::atomic<bool> cancelled{false};
    };
    std::shared_ptr<State> state_;
};

}  // namespace gyre::core
