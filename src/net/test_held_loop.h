#pragma once

#include <future>
#include <memory>

#include "net/io_loop.h"

namespace gyre::net {

/// For tests: holds a loop's thread still from the constructor's return until Release, so that all
/// that comes meanwhile is there at once.
class HeldLoop {
  public:
    explicit HeldLoop(IoLoop& loop) {
        auto held = std::make_shared<std::promise<void>>();
        loop.Post([held, released = release_.get_future().share()] {
            held->set_value();
            released.wait();
        });
        held->get_future().wait();
    }
    void Release() { release_.set_value(); }

  private:
    std::promise<void> release_;
};

}  // namespace gyre::net
