#include "core/worker_pool.h"

#include <pthread.h>

#include <exception>

#include "core/log.h"

namespace gyre::core {

void SetThreadName(const std::string& name) {
    pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
}

WorkerPool::WorkerPool(std::string name, size_t threads, size_t queue_capacity)
    : queue_(queue_capacity) {
    threads_.reserve(threads);
    for (size_t i = 0; i < threads; ++i) {
        threads_.emplace_back([this, thread_name = name + std::to_string(i)] { Run(thread_name); });
    }
}

WorkerPool::~WorkerPool() {
    Stop();
}

bool WorkerPool::TrySubmit(std::function<void()> task) {
    return queue_.TryPush(std::move(task));
}

void WorkerPool::Stop() {
    queue_.Close();
    for (std::jthread& thread : threads_) {
        if (thread.joinable()) thread.join();
    }
}

void WorkerPool::Run(const std::string& name) {
    SetThreadName(name);
    while (auto task = queue_.Pop()) {
        try {
            (*task)();
        } catch (const std::exception& error) {  // a bug in the task; the thread goes on
            LogError("task threw", {{"pool", name}, {"what", error.what()}});
        }
    }
}

}  // namespace gyre::core
