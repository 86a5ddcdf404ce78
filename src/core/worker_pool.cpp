#include "core/worker_pool.h"

#include <pthread.h>

#include <exception>
#include <utility>

#include "core/log.h"

namespace gyre::core {

void SetThreadName(const std::string& name) {
    pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
}

WorkerPool::WorkerPool(std::string name, size_t threads, size_t queue_capacity)
    : capacity_(queue_capacity), places_(threads) {
    threads_.reserve(threads);
    for (size_t i = 0; i < threads; ++i) {
        threads_.emplace_back([this, thread_name = name + std::to_string(i), &place = places_[i]] {
            Run(thread_name, place);
        });
    }
}

WorkerPool::~WorkerPool() {
    Stop();
}

bool WorkerPool::TrySubmit(Task task) {
    Place* place = nullptr;
    {
        const std::lock_guard lock(mutex_);
        if (stopped_) return false;
        if (idle_.empty()) {
            if (queue_.size() >= capacity_) return false;
            queue_.push_back(std::move(task));
            return true;
        }
        place = idle_.back();
        idle_.pop_back();
        place->task = std::move(task);
    }
    place->woken.notify_one();
    return true;
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
    if (!queue_.empty()) {
        Task task = std::move(queue_.front());
        queue_.pop_front();
        return task;
    }
    if (stopped_) return {};
    idle_.push_back(&place);
    place.woken.wait(lock, [&] { return stopped_ || place.task; });
    return std::exchange(place.task, {});
}

void WorkerPool::Run(const std::string& name, Place& place) {
    SetThreadName(name);
    while (const Task task = Take(place)) {
        try {
            task();
        } catch (const std::exception& error) {  // a bug in the task; the thread goes on
            LogError("task threw", {{"pool", name}, {"what", error.what()}});
        }
    }
}

}  // namespace gyre::core
