#pragma once

#include <atomic>
#include <mutex>
#include <thread>

#include "core/result.h"

namespace gyre::db::detail {

/// Lets this program's writers come one at a time.
class WriterTurn {
  public:
    /// Runs `function` when it is this thread's turn; not from within another.
    template <typename Function>
    core::Status Run(Function function) {
        GYRE_CHECK(thread_.load() != std::this_thread::get_id());  // would wait for itself
        const std::lock_guard lock(mutex_);
        thread_ = std::this_thread::get_id();
        core::Status done = function();
        thread_ = std::thread::id();
        return done;
    }

  private:
    std::mutex mutex_;
    std::atomic<std::thread::id> thread_{};
};

}  // namespace gyre::db::detail
