#pragma once

#include <atomic>
#include <map>
#include <span>
#include <string>

#include "core/clock.h"
#include "core/guarded.h"
#include "engine/model.h"

namespace gyre::engine::python {

/// Requests whose bodies a worker died of. One that was in a batch with which a worker ended runs
/// alone the next time; when a worker ends with it alone too, it is refused for kRefusedFor, then
/// given one more chance. An answer clears it, so that a worker that somebody else killed accuses
/// nobody for long. Thread-safe; free while nobody is suspect.
class Suspects {
  public:
    static constexpr core::seconds kRefusedFor{600};
    static constexpr size_t kMost = 4096;

    enum class Verdict { kClean, kAlone, kRefused };

    [[nodiscard]] Verdict Judge(const Request& request, core::SteadyTime now) const;
    /// A worker ended with `batch`, which it was given at `started`.
    void Ended(std::span<const Request* const> batch, core::SteadyTime started,
               core::SteadyTime now);
    void Answered(std::span<const Request* const> batch);

  private:
    struct Suspect {
        int ended = 0;  ///< workers; of those it shared with others, one at most
        core::SteadyTime last;
    };
    std::atomic<size_t> count_{0};
    core::Guarded<std::map<size_t, Suspect>> suspects_;  // by a hash of what the handler gets
};

}  // namespace gyre::engine::python
