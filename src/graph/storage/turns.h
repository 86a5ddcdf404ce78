#pragma once

#include <condition_variable>
#include <mutex>

#include "core/clock.h"
#include "core/worker_pool.h"

namespace gyre::graph {

/// One turn, which writers have one after the other. Whoever is running when it comes free may have
/// it before those who sleep: to hand it to a sleeper would cost a wake-up each time. It may be
/// given on by another thread than the one that took it. Thread-safe.
class Turns {
  public:
    /// False when it has not come by `deadline`.
    [[nodiscard]] bool Take(core::SteadyTime deadline) {
        std::unique_lock lock(mutex_);
        if (!taken_) {
            taken_ = true;
            return true;
        }
        lock.unlock();
        // Those who read are not to stand behind all who wait here.
        const core::WorkerPool::Pause pause;
        lock.lock();
        while (taken_) {
            ++waiting_;
            bool late = false;
            if (deadline == core::SteadyTime::max())
                free_.wait(lock);
            else
                late = free_.wait_until(lock, deadline) == std::cv_status::timeout;
            --waiting_;
            waking_ = false;
            if (late && taken_) return false;
        }
        taken_ = true;
        return true;
    }
    void GiveOn() {
        const std::lock_guard lock(mutex_);
        taken_ = false;
        // One that was woken and has not looked yet finds it free, or sleeps until the next gives
        // it on.
        if (waking_ || waiting_ == 0) return;
        waking_ = true;
        free_.notify_one();
    }

  private:
    std::mutex mutex_;
    std::condition_variable free_;
    bool taken_ = false;
    bool waking_ = false;  ///< one was woken, and has not looked yet
    int waiting_ = 0;
};

}  // namespace gyre::graph
