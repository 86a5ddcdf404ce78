#include "core/worker_pool.h"

#include <pthread.h>

#include <exception>
#include <system_error>
#include <utility>

#include "core/log.h"

namespace gyre::core {
namespace {

thread_local WorkerPool* of_this_thread = nullptr;

}  // namespace

void SetThreadName(const std::string& name) {
    pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
}

WorkerPool::WorkerPool(std::string name, size_t threads, size_t queue_capacity, size_t spares)
    : name_(std::move(name)), capacity_(queue_capacity), most_threads_(threads + spares) {
    const std::lock_guard lock(mutex_);
    for (size_t i = 0; i < threads; ++i) AddThread();
}

WorkerPool::~WorkerPool() {
    Stop();
}

WorkerPool::Place& WorkerPool::AddThread() {
    Place& place = places_.emplace_back();
    threads_.emplace_back(
        [this, name = name_ + std::to_string(threads_.size()), &place] { Run(name, place); });
    return place;
}

WorkerPool::Place* WorkerPool::HandOver() {
    if (stopped_ || queue_.empty() || may_work_ <= 0) return nullptr;
    Place* place = nullptr;
    if (!idle_.empty()) {
        place = idle_.back();
        idle_.pop_back();
    } else if (threads_.size() < most_threads_) {
        try {
            place = &AddThread();
        } catch (const std::system_error&) {  // the system has no more threads
            places_.pop_back();
            return nullptr;
        }
    } else {
        return nullptr;
    }
    place->task = std::move(queue_.front());
    queue_.pop_front();
    --may_work_;
    return place;
}

bool WorkerPool::TrySubmit(Task task) {
    Place* place = nullptr;
    {
        const std::lock_guard lock(mutex_);
        if (stopped_) return false;
        queue_.push_back(std::move(task));
        place = HandOver();
        if (place == nullptr && queue_.size() > capacity_) {
            queue_.pop_back();
            return false;
        }
    }
    if (place != nullptr) place->woken.notify_one();
    return true;
}

WorkerPool::Pause::Pause() : pool_(of_this_thread) {
    if (pool_ == nullptr) return;
    Place* place = nullptr;
    {
        const std::lock_guard lock(pool_->mutex_);
        ++pool_->may_work_;
        place = pool_->HandOver();
    }
    if (place != nullptr) place->woken.notify_one();
}

WorkerPool::Pause::~Pause() {
    if (pool_ == nullptr) return;
    const std::lock_guard lock(pool_->mutex_);
    --pool_->may_work_;
}

size_t WorkerPool::QueueSize() const {
    const std::lock_guard lock(mutex_);
    return queue_.size();
}

void WorkerPool::Stop() {
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
        idle_.clear();
    }
    for (Place& place : places_) place.woken.notify_one();
    for (std::jthread& thread : threads_) {
        if (thread.joinable()) thread.join();
    }
}

WorkerPool::Task WorkerPool::Take(Place& place) {
    std::unique_lock lock(mutex_);
    if (place.task) return std::exchange(place.task, {});  // what a spare is started for
    ++may_work_;
    while (queue_.empty() || (may_work_ <= 0 && !stopped_)) {
        if (stopped_) return {};
        idle_.push_back(&place);
        place.woken.wait(lock, [&] { return stopped_ || place.task; });
        if (place.task) return std::exchange(place.task, {});
    }
    --may_work_;
    Task task = std::move(queue_.front());
    queue_.pop_front();
    return task;
}

void WorkerPool::Run(const std::string& name, Place& place) {
    SetThreadName(name);
    of_this_thread = this;
    while (const Task task = Take(place)) {
        try {
            task();
        } catch (const std::exception& error) {  // a bug in the task; the thread goes on
            LogError("task threw", {{"pool", name}, {"what", error.what()}});
        }
    }
}

}  // namespace gyre::core
