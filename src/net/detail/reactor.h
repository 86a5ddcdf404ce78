#pragma once

#include <sys/epoll.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "core/clock.h"
#include "net/detail/fd.h"

namespace gyre::net::detail {

/// What a reactor calls about one descriptor; always on the reactor's thread.
class Sink {
  public:
    virtual ~Sink() = default;
    virtual void OnEvents(uint32_t events) = 0;
    /// At the end of a turn for which CallAtTurnEnd was called.
    virtual void OnTurnEnd() {}
};

/// One thread over one epoll set. A turn is: wait, the events, the turn-end calls, the posted
/// tasks, the timers. Constructed means running; Stop() runs what is posted and joins.
class Reactor {
  public:
    explicit Reactor(const std::string& name);
    ~Reactor();
    Reactor(const Reactor&) = delete;
    Reactor& operator=(const Reactor&) = delete;

    [[nodiscard]] bool OnThread() const {
        return std::this_thread::get_id() == thread_id_.load(std::memory_order_relaxed);
    }
    /// False, and the task is dropped, when the reactor has stopped.
    bool Post(std::function<void()> task);
    /// Runs `task` on the thread and returns after it; here and now when that is this thread or the
    /// reactor has stopped.
    void RunSync(const std::function<void()>& task);
    uint64_t RunAfter(core::milliseconds delay, std::function<void()> task);
    void Cancel(uint64_t timer);
    void Stop();

    /// Watches `fd` until Remove and keeps `sink` as long. On the thread only.
    [[nodiscard]] bool Add(int fd, uint32_t events, std::shared_ptr<Sink> sink);
    /// Any thread, while the caller knows that `fd` is watched.
    void Modify(int fd, uint32_t events, Sink* sink);
    /// On the thread only. No event reaches `sink` after it; it lives until the turn ends.
    void Remove(int fd, Sink* sink);
    /// On the thread only.
    void CallAtTurnEnd(std::shared_ptr<Sink> sink) { turn_end_.push_back(std::move(sink)); }
    /// The time at which this turn began. On the thread only.
    [[nodiscard]] core::SteadyTime Now() const { return now_; }

  private:
    using Timers = std::multimap<core::SteadyTime, std::pair<uint64_t, std::function<void()>>>;

    void Run(const std::string& name);
    void RunTurnEnds();
    /// False when it is time to leave.
    bool RunPosted();
    void RunTimers();
    [[nodiscard]] int WaitMilliseconds();
    /// How many events there are. Looks for them a little before it sleeps, where they have kept
    /// coming fast.
    int Wait(std::span<epoll_event> events);
    void Wake();

    Fd epoll_;
    Fd wake_;
    std::atomic<std::thread::id> thread_id_{};
    core::SteadyTime now_{};
    int short_waits_ = 0;  ///< the last ones, as far as that matters
    std::unordered_map<Sink*, std::shared_ptr<Sink>> sinks_;
    std::vector<std::shared_ptr<Sink>> removed_;
    std::vector<std::shared_ptr<Sink>> turn_end_;
    std::vector<std::shared_ptr<Sink>> turn_end_running_;

    std::mutex mutex_;  // guards what follows
    std::vector<std::function<void()>> posted_;
    Timers timers_;
    uint64_t next_timer_ = 1;
    bool stopping_ = false;
    bool stopped_ = false;
    std::mutex join_mutex_;
    std::thread thread_;
};

}  // namespace gyre::net::detail
