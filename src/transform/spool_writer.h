#pragma once

#include <deque>
#include <functional>
#include <string>
#include <thread>

#include "core/guarded.h"
#include "core/result.h"

namespace gyre::transform {

/// Takes answers from a thread that has better to do than to wait for the disk, and hands them to
/// `write` one after another on a thread of its own. At most a few of them wait. Constructed means
/// running; one thread uses it; the destructor drops what waits.
class SpoolWriter {
  public:
    using Write = std::function<core::Status()>;

    SpoolWriter();
    ~SpoolWriter();
    SpoolWriter(const SpoolWriter&) = delete;
    SpoolWriter& operator=(const SpoolWriter&) = delete;

    /// Waits for room. Errors: those of an earlier write, after which none is done.
    [[nodiscard]] core::Status Add(Write write);
    /// Waits until all of them are done; nothing may be added any more.
    [[nodiscard]] core::Status Finish();

  private:
    struct State {
        std::deque<Write> waiting;
        core::Status status;
        bool ended = false;
    };
    void Run();

    core::Guarded<State> state_;
    std::thread thread_;
};

}  // namespace gyre::transform
