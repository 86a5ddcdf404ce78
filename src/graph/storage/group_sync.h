#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

#include "core/clock.h"
#include "core/result.h"

namespace gyre::graph {

/// For how long one who is about to sync waits for others, so that a sync does for as many as it
/// can. Those whom the last sync let go are likely to come again while this one would be under way,
/// and then had to wait for one more: two halves of the writers would take turns. Pure.
class GatherPolicy {
  public:
    /// How many are worth waiting for: those of the last sync, and those who came meanwhile.
    [[nodiscard]] uint64_t Crowd() const { return crowd_; }
    /// At most as long as a sync takes, and a few milliseconds.
    [[nodiscard]] core::microseconds Patience() const { return patience_; }
    /// A sync has been made for `covered`, and while it took `took`, `came` others came.
    void Synced(uint64_t covered, uint64_t came, core::microseconds took) {
        crowd_ = covered + came;
        patience_ = std::min((patience_ * 3 + took) / 4, kMostPatience);
    }

  private:
    static constexpr core::microseconds kMostPatience{4000};
    uint64_t crowd_ = 1;
    core::microseconds patience_{0};
};

/// Makes a log durable for many commits at once: who comes while a sync is under way waits for the
/// next one, which one of them makes for all. Thread-safe.
class GroupSync {
  public:
    /// `sync` makes all durable that was written before its call.
    explicit GroupSync(std::function<core::Status()> sync) : sync_(std::move(sync)) {}

    /// After a write to the log, in the order of writes.
    [[nodiscard]] uint64_t Ticket();
    /// Returns when what was written before that ticket is durable. Errors: the sync's; a log that
    /// could not be synced stays doubtful, and from then on all fail.
    [[nodiscard]] core::Status Await(uint64_t ticket);

  private:
    /// Those who wait for one sync.
    struct Group {
        std::condition_variable changed;  ///< for those but the leader
        uint64_t members = 0;
        bool done = false;
    };
    void Lead(std::unique_lock<std::mutex>& lock, const std::shared_ptr<Group>& group);

    const std::function<core::Status()> sync_;
    std::mutex mutex_;
    std::condition_variable gathered_;  ///< for the leader that waits for others
    std::shared_ptr<Group> forming_ = std::make_shared<Group>();
    uint64_t wanted_ = 0;  ///< how many the leader waits for; 0: it does not
    uint64_t written_ = 0;
    uint64_t synced_ = 0;
    bool syncing_ = false;  ///< there is a leader
    GatherPolicy policy_;
    core::Status failed_;
};

}  // namespace gyre::graph
