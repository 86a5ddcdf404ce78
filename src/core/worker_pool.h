#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace gyre::core {

/// A fixed number of threads at work over one bounded queue. Of the threads that wait for a task,
/// the one that worked last is woken first, as its memory is the warmest in the caches. Constructed
/// means running; Stop() lets the tasks that were taken finish, drops none, may be called twice;
/// the destructor stops and joins.
class WorkerPool {
  public:
    /// `name` is what a debugger shows (at most 15 characters are kept). `spares`: threads more, at
    /// most, that work in the place of those in a Pause; started when they are first needed.
    WorkerPool(std::string name, size_t threads, size_t queue_capacity, size_t spares = 0);
    ~WorkerPool();
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    /// False when the queue is full or the pool stopped: the caller refuses the work.
    [[nodiscard]] bool TrySubmit(std::function<void()> task);
    [[nodiscard]] size_t QueueSize() const;
    void Stop();

    /// While it lives, a task on this thread waits for what other tasks do, and the pool has
    /// another thread work in its place. One at a time; on a thread of no pool it is nothing.
    class Pause {
      public:
        Pause();
        ~Pause();
        Pause(const Pause&) = delete;
        Pause& operator=(const Pause&) = delete;

      private:
        WorkerPool* const pool_;
    };

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
    /// Hands the next task over, where one more may be at work and there is, or may be, a thread
    /// for it: the place, which is to be woken. Under the mutex, after anything of that became
    /// more.
    [[nodiscard]] Place* HandOver();
    Place& AddThread();

    const std::string name_;
    const size_t capacity_;
    const size_t most_threads_;
    mutable std::mutex mutex_;  // of what follows, and of the places' tasks
    std::deque<Place> places_;  // one for each thread
    std::deque<Task> queue_;    // empty while a thread waits that may work
    std::vector<Place*> idle_;  // the last one waits the shortest
    int64_t may_work_ = 0;      // so many more; below 0 where pauses have ended
    bool stopped_ = false;
    std::vector<std::jthread> threads_;
};

/// Names the calling thread for debuggers and profilers.
void SetThreadName(const std::string& name);

}  // namespace gyre::core
