#pragma once

#include <deque>
#include <functional>
#include <string>
#include <thread>
#include <utility>

#include "core/guarded.h"
#include "core/result.h"

namespace gyre::transform {

/// Takes answers from a thread that has better to do than to wait for the disk, and writes them one
/// after another on a thread of its own. Few are held at a time: one, or some MiB. Constructed
/// means running; one thread uses it; the destructor drops what waits.
class SpoolWriter {
  public:
    using Write = std::function<core::Status()>;

    SpoolWriter();
    ~SpoolWriter();
    SpoolWriter(const SpoolWriter&) = delete;
    SpoolWriter& operator=(const SpoolWriter&) = delete;

    /// Waits for room; `write` holds so many bytes. Errors: those of an earlier write, after which
    /// none is done.
    [[nodiscard]] core::Status Add(size_t bytes, Write write);
    /// Waits until all of them are done; nothing may be added any more.
    [[nodiscard]] core::Status Finish();

  private:
    struct State {
        std::deque<std::pair<size_t, Write>> waiting;
        size_t bytes = 0;  ///< of those, and of the one that is being written
        core::Status status;
        bool ended = false;
    };
    void Run();

    core::Guarded<State> state_;
    std::thread thread_;
};

}  // namespace gyre::transform
