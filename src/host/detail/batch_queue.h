#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/model.h"
#include "host/batch_policy.h"
#include "host/batcher.h"

namespace gyre::host::detail {

/// A request that was prepared and waits for its batch.
struct Waiting {
    std::unique_ptr<engine::Prepared> prepared;
    size_t bytes = 0;  ///< of its body
    core::SteadyTime arrival;
    core::SteadyTime deadline;
    Batcher::Callback done;
    core::SteadyTime admitted{};
    /// What its answer was predicted to take from then on; 0 where that was far from its deadline.
    core::microseconds promised{0};
    bool promised_next = false;  ///< with the next batch
};

/// The waiting requests by batch key, each group by arrival. Not thread-safe.
class BatchQueue {
  public:
    void Add(Waiting item);
    /// Up to `rows` rows of the group at `index` in arrival order; the first one at any size.
    [[nodiscard]] std::vector<Waiting> Take(size_t index, int rows);
    [[nodiscard]] std::vector<Waiting> TakeExpired(core::SteadyTime now);
    [[nodiscard]] std::vector<Waiting> TakeAll();

    [[nodiscard]] const std::vector<GroupState>& Groups() const { return states_; }
    [[nodiscard]] int Rows() const { return rows_; }
    [[nodiscard]] size_t Requests() const { return requests_; }
    [[nodiscard]] bool Empty() const { return states_.empty(); }
    /// SteadyTime::max() where nothing waits.
    [[nodiscard]] core::SteadyTime EarliestDeadline() const;

  private:
    struct Group {
        explicit Group(std::string batch_key) : key(std::move(batch_key)) {}
        // A deque's own move may throw and cannot be copied here; moving one with memory does not.
        Group(Group&&) noexcept = default;
        Group& operator=(Group&&) noexcept = default;

        std::string key;
        std::deque<Waiting> items;
    };
    /// Brings states_[index] up to date, or removes a group that is empty.
    void Settle(size_t index);

    std::vector<Group> groups_;
    std::vector<GroupState> states_;  // of groups_, index by index
    int rows_ = 0;
    size_t requests_ = 0;
};

}  // namespace gyre::host::detail
