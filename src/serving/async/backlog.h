#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "serving/async/async_queue.h"

namespace gyre::serving::async {

/// What waits and what is at work, by endpoint, in memory. Pure; one thread at a time.
class Backlog {
  public:
    void Add(const Ticket& ticket);
    /// The oldest of the endpoint's, so many that `room` are at work at most. One whose host went
    /// away under it is at work alone: it may be what ended it, and the others are not.
    [[nodiscard]] std::vector<Ticket> Take(const std::string& endpoint, int room);
    /// Those past their time, which count as at work from now on.
    [[nodiscard]] std::vector<Ticket> TakeExpired(core::WallTime now);
    /// All that waits for the endpoint, likewise.
    [[nodiscard]] std::vector<Ticket> TakeAll(const std::string& endpoint);
    /// It came to its end.
    void Finish(const Ticket& ticket);
    /// It goes back to the front. True when its host went away under it no more than `most` times.
    [[nodiscard]] bool GoesBack(const Ticket& ticket, bool counts, int most);

    struct Size {
        size_t waiting = 0;
        size_t working = 0;
        core::WallTime oldest{};  ///< of those that wait
    };
    [[nodiscard]] std::map<std::string, Size> Sizes() const;

  private:
    struct OfEndpoint {
        std::deque<Ticket> waiting;  ///< by number
        size_t working = 0;
        std::optional<int64_t> alone;  ///< the number of what is at work alone
    };
    void Leave(const Ticket& ticket);
    void Drop(const std::string& endpoint);

    std::map<std::string, OfEndpoint> endpoints_;
    std::map<int64_t, int> lost_hosts_;  ///< by number
};

}  // namespace gyre::serving::async
