#include "net/detail/reactor.h"

#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <future>

#include "core/result.h"
#include "core/worker_pool.h"

namespace gyre::net::detail {
namespace {

// To be woken takes 20 to 50 µs. Where events have kept coming sooner than that they are looked for
// a little before the thread sleeps; where a wait was long it would be the machine's time for
// nothing.
constexpr core::microseconds kLook{60};
constexpr core::microseconds kShortWait{150};
constexpr int kShortWaits = 16;  // in a row

}  // namespace

Reactor::Reactor(const std::string& name)
    : epoll_(epoll_create1(EPOLL_CLOEXEC)), wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    GYRE_CHECK(epoll_.Valid() && wake_.Valid());
    epoll_event event{.events = EPOLLIN, .data = {.ptr = nullptr}};
    GYRE_CHECK(epoll_ctl(epoll_.Get(), EPOLL_CTL_ADD, wake_.Get(), &event) == 0);
    std::promise<void> running;
    thread_ = std::thread([this, name, &running] {
        thread_id_ = std::this_thread::get_id();
        running.set_value();
        Run(name);
    });
    running.get_future().wait();
}

Reactor::~Reactor() {
    Stop();
}

void Reactor::Wake() {
    const uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake_.Get(), &one, sizeof one);
}

bool Reactor::Post(std::function<void()> task) {
    bool first = false;
    {
        const std::lock_guard lock(mutex_);
        if (stopped_) return false;
        first = posted_.empty();
        posted_.push_back(std::move(task));
    }
    if (first && !OnThread()) Wake();
    return true;
}

void Reactor::RunSync(const std::function<void()>& task) {
    if (OnThread()) return task();
    std::promise<void> done;
    if (!Post([&] {
            task();
            done.set_value();
        })) {
        return task();
    }
    done.get_future().wait();
}

uint64_t Reactor::RunAfter(core::milliseconds delay, std::function<void()> task) {
    const auto when = std::chrono::steady_clock::now() + delay;
    uint64_t id = 0;
    bool first = false;
    {
        const std::lock_guard lock(mutex_);
        id = next_timer_++;
        const auto it = timers_.emplace(when, std::pair(id, std::move(task)));
        first = it == timers_.begin();
    }
    if (first && !OnThread()) Wake();
    return id;
}

void Reactor::Cancel(uint64_t timer) {
    std::function<void()> gone;  // destroyed unlocked: it may own what calls here again
    const std::lock_guard lock(mutex_);
    for (auto it = timers_.begin(); it != timers_.end(); ++it) {
        if (it->second.first != timer) continue;
        gone = std::move(it->second.second);
        timers_.erase(it);
        return;
    }
}

void Reactor::Stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    Wake();
    if (OnThread()) return;
    const std::lock_guard lock(join_mutex_);
    if (thread_.joinable()) thread_.join();
}

bool Reactor::Add(int fd, uint32_t events, std::shared_ptr<Sink> sink) {
    epoll_event event{.events = events, .data = {.ptr = sink.get()}};
    if (epoll_ctl(epoll_.Get(), EPOLL_CTL_ADD, fd, &event) != 0) return false;
    Sink* const key = sink.get();
    sinks_[key] = std::move(sink);
    return true;
}

void Reactor::Modify(int fd, uint32_t events, Sink* sink) {
    epoll_event event{.events = events, .data = {.ptr = sink}};
    epoll_ctl(epoll_.Get(), EPOLL_CTL_MOD, fd, &event);
}

void Reactor::Remove(int fd, Sink* sink) {
    epoll_ctl(epoll_.Get(), EPOLL_CTL_DEL, fd, nullptr);
    const auto it = sinks_.find(sink);
    if (it == sinks_.end()) return;
    removed_.push_back(std::move(it->second));
    sinks_.erase(it);
}

int Reactor::WaitMilliseconds() {
    if (!turn_end_.empty()) return 0;
    const std::lock_guard lock(mutex_);
    if (!posted_.empty() || stopping_) return 0;
    if (timers_.empty()) return -1;
    const auto wait = timers_.begin()->first - std::chrono::steady_clock::now();
    if (wait <= wait.zero()) return 0;
    const auto rounded_up = std::chrono::ceil<core::milliseconds>(wait).count();
    return static_cast<int>(std::min<int64_t>(rounded_up, 60'000));
}

int Reactor::Wait(std::span<epoll_event> events) {
    const int size = static_cast<int>(events.size());
    const int sleep = WaitMilliseconds();
    const auto start = std::chrono::steady_clock::now();
    if (sleep != 0 && short_waits_ >= kShortWaits) {
        do {
            const int count = epoll_wait(epoll_.Get(), events.data(), size, 0);
            if (count != 0) return count;
        } while (std::chrono::steady_clock::now() - start < kLook);
    }
    const int count = epoll_wait(epoll_.Get(), events.data(), size, sleep);
    const bool is_short = std::chrono::steady_clock::now() - start < kShortWait;
    short_waits_ = is_short ? std::min(short_waits_ + 1, kShortWaits) : 0;
    return count;
}

void Reactor::RunTurnEnds() {
    turn_end_running_.swap(turn_end_);
    for (auto& sink : turn_end_running_) sink->OnTurnEnd();
    turn_end_running_.clear();
}

bool Reactor::RunPosted() {
    std::vector<std::function<void()>> tasks;
    {
        const std::lock_guard lock(mutex_);
        if (posted_.empty()) {
            stopped_ = stopping_;
            return !stopped_;
        }
        tasks.swap(posted_);
    }
    for (auto& task : tasks) task();
    return true;
}

void Reactor::RunTimers() {
    while (true) {
        std::function<void()> task;
        {
            const std::lock_guard lock(mutex_);
            if (timers_.empty() || timers_.begin()->first > now_) return;
            task = std::move(timers_.begin()->second.second);
            timers_.erase(timers_.begin());
        }
        task();
    }
}

void Reactor::Run(const std::string& name) {
    core::SetThreadName(name);
    std::array<epoll_event, 256> events;
    bool running = true;
    while (running) {
        const int count = Wait(events);
        now_ = std::chrono::steady_clock::now();
        for (int i = 0; i < count; ++i) {
            auto* const sink = static_cast<Sink*>(events[static_cast<size_t>(i)].data.ptr);
            if (sink == nullptr) {
                uint64_t drained = 0;
                [[maybe_unused]] const auto got = ::read(wake_.Get(), &drained, sizeof drained);
            } else if (sinks_.contains(sink)) {  // not removed earlier in this turn
                sink->OnEvents(events[static_cast<size_t>(i)].events);
            }
        }
        RunTurnEnds();
        running = RunPosted();
        RunTimers();
        removed_.clear();
    }
    // Whoever still watches is dropped here, on the thread that it belongs to.
    sinks_.clear();
    turn_end_.clear();
    thread_id_ = std::thread::id();  // the system may give it to another thread
}

}  // namespace gyre::net::detail
