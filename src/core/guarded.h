#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace gyre::core {

/// A value and its mutex as one type, so that it cannot be touched unlocked:
///     Guarded<State> state_;
///     auto state = state_.Lock();
///     state->count++;
template <typename T>
class Guarded {
  public:
    class Locked {
      public:
        T* operator->() { return value_; }
        T& operator*() { return *value_; }
        /// Lets the lock go while it waits for `Guarded::NotifyAll`; true when `ready` held before
        /// `deadline`.
        template <typename Ready>
        bool WaitUntil(std::chrono::steady_clock::time_point deadline, Ready ready) {
            return owner_->changed_.wait_until(lock_, deadline, std::move(ready));
        }
        template <typename Ready>
        void Wait(Ready ready) {
            owner_->changed_.wait(lock_, std::move(ready));
        }

      private:
        friend class Guarded;
        Locked(Guarded* owner) : owner_(owner), lock_(owner->mutex_), value_(&owner->value_) {}
        Guarded* owner_;
        std::unique_lock<std::mutex> lock_;
        T* value_;
    };

    Guarded() = default;
    explicit Guarded(T value) : value_(std::move(value)) {}

    /// A temporary may not be used directly (`state_.Lock()->x` holds the lock for that
    /// expression).
    [[nodiscard]] Locked Lock() { return Locked(this); }
    [[nodiscard]] Locked Lock() const { return Locked(const_cast<Guarded*>(this)); }
    void NotifyAll() { changed_.notify_all(); }
    void NotifyOne() { changed_.notify_one(); }

  private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    T value_{};
};

}  // namespace gyre::core
