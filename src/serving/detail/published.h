#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace gyre::serving::detail {

/// A pointer to an immutable value that many read and few replace. Thread-safe. It is what
/// std::atomic<std::shared_ptr> is for, whose load in libstdc++ 12 races formally with exchange (it
/// lets its lock go without release order); the cost is the same.
template <typename T>
class Published {
  public:
    explicit Published(std::shared_ptr<const T> value) : value_(std::move(value)) {}
    [[nodiscard]] std::shared_ptr<const T> Load() const {
        const std::lock_guard lock(mutex_);
        return value_;
    }
    [[nodiscard]] std::shared_ptr<const T> Exchange(std::shared_ptr<const T> value) {
        const std::lock_guard lock(mutex_);
        return std::exchange(value_, std::move(value));
    }

  private:
    mutable std::mutex mutex_;
    std::shared_ptr<const T> value_;
};

}  // namespace gyre::serving::detail
