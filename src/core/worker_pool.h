#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace gyre::core {

/// A fixed number of threads over one bounded queue. Of the threads that wait, the one that worked
/// last is woken first, as its memory is the warmest in the caches. Constructed means running;
/// Stop() lets the tasks that were taken finish, drops none, may be called twice; the destructor
/// stops and joins.
class WorkerPool {
  public:
    /// `name` is what a debugger shows (at most 15 characters are kept).
    WorkerPool(std::string name, size_t threads, size_t queue_capacity);
    ~WorkerPool();
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    /// False when the queue is full or the pool stopped: the caller refuses the work.
    [[nodiscard]] bool TrySubmit(std::function<void()> task);
    [[nodiscard]] size_t QueueSize() const;
    void Stop();

  private:
    using Task = std::function<void()>;
    /// Where a thread waits for its next task.
    struct Place {
        Task task;  ///< handed over; empty while it waits
        std::condition_variable woken;
    };

    void Run(const std::string& name, Place& place);
    /// Waits for a task; an empty one when the pool stopped and nothing is left to do.
    [[nodiscard]] Task Take(Place& place);

    const size_t capacity_;
    std::vector<Place> places_;  // one for each thread
    mutable std::mutex mutex_;   // of what follows, and of the places' tasks
    std::deque<Task> queue_;     // empty while a thread waits
    std::vector<Place*> idle_;   // the last one waits the shortest
    bool stopped_ = false;
    std::vector<std::jthread> threads_;
};

/// Names the calling thread for debuggers and profilers.
void SetThreadName(const std::string& name);

}  // namespace gyre::core
