#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/clock.h"

namespace gyre::net {

namespace detail {
class Reactor;
}

/// The io threads that servers and clients of this room share, so that a request, what it asks of a
/// model host and its answer run on one thread without a hop. Constructed means running. Stop() may
/// be called twice and joins; stop the servers and clients on it first. Thread-safe.
class IoLoop {
  public:
    using TimerId = uint64_t;

    explicit IoLoop(int threads = 1, const std::string& name = "net-io");
    ~IoLoop();
    IoLoop(const IoLoop&) = delete;
    IoLoop& operator=(const IoLoop&) = delete;

    /// Runs `task` soon on the first io thread. It must not block.
    void Post(std::function<void()> task);
    /// Runs `task` once on the first io thread after `delay` (to the millisecond, never early).
    TimerId RunAfter(core::milliseconds delay, std::function<void()> task);
    /// A task that has not begun will not run; an unknown id is ignored.
    void Cancel(TimerId timer);
    [[nodiscard]] bool OnLoopThread() const;
    void Stop();

    /// For this room only.
    [[nodiscard]] const std::vector<std::shared_ptr<detail::Reactor>>& Reactors() const {
        return reactors_;
    }

  private:
    std::vector<std::shared_ptr<detail::Reactor>> reactors_;
};

}  // namespace gyre::net
