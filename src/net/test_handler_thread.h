#pragma once

#include <functional>
#include <thread>
#include <utility>

#include "core/guarded.h"

namespace gyre::net {

/// For tests: a thread that a handler starts and the test joins; a client may have heard the whole
/// answer before the handler has come back from starting it.
class HandlerThread {
  public:
    void Start(std::function<void()> work) {
        *thread_.Lock() = std::thread(std::move(work));
        thread_.NotifyAll();
    }
    /// Waits for the start too.
    void Join() {
        auto started = thread_.Lock();
        started.Wait([&] { return started->joinable(); });
        started->join();
    }

  private:
    core::Guarded<std::thread> thread_;
};

}  // namespace gyre::net
