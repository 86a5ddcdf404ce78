#pragma once

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "core/bounded_queue.h"

namespace gyre::core {

/// A fixed number of threads over one bounded queue. Constructed means running; Stop() lets the
/// tasks that were taken finish, drops none, may be called twice; the destructor stops and joins.
class WorkerPool {
  public:
    /// `name` is what a debugger shows (at most 15 characters are kept).
    WorkerPool(std::string name, size_t threads, size_t queue_capacity);
    ~WorkerPool();
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    /// False when the queue is full or the pool stopped: the caller refuses the work.
    [[nodiscard]] bool TrySubmit(std::function<void()> task);
    [[nodiscard]] size_t QueueSize() const { return queue_.Size(); }
    void Stop();

  private:
    void Run(const std::string& name);

    BoundedQueue<std::function<void()>> queue_;
    std::vector<std::jthread> threads_;
};

/// Names the calling thread for debuggers and profilers.
void SetThreadName(const std::string& name);

}  // namespace gyre::core
