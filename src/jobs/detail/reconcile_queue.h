#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "catalog/catalog.h"
#include "core/clock.h"
#include "jobs/backoff.h"

namespace gyre::jobs::detail {

/// Which name is to be reconciled when: the runner's decisions without its threads. A name that is
/// taken is not given out again until it is finished. Not thread-safe.
class ReconcileQueue {
  public:
    struct Key {
        catalog::Kind kind;
        std::string name;
        auto operator<=>(const Key&) const = default;
    };

    /// `random` gives numbers in [0, 1).
    ReconcileQueue(ExponentialBackoff backoff, std::function<double()> random)
        : backoff_(backoff), random_(std::move(random)) {}

    /// Makes it due now; once more after the step in progress, if there is one.
    void Wake(const Key& key, core::SteadyTime now);
    /// All that have a step in progress or to come.
    void WakeAll(core::SteadyTime now);
    /// The name that is longest due, from now on in progress.
    [[nodiscard]] std::optional<Key> Take(core::SteadyTime now);
    /// When Take may next give something; nullopt when nothing waits.
    [[nodiscard]] std::optional<core::SteadyTime> NextDue() const;

    /// The step went well; it wants to come again after `again`, or only on a wake.
    void Succeeded(const Key& key, core::SteadyTime now, std::optional<core::milliseconds> again);
    /// The step failed: it comes again after the back-off that is returned. A wake during the step
    /// does not shorten it, since steps often wake themselves by what they write.
    core::milliseconds Failed(const Key& key, core::SteadyTime now);

  private:
    struct State {
        std::optional<core::SteadyTime> due;
        bool in_progress = false;
        bool woken = false;  // while in progress
        int failures = 0;
    };
    void Schedule(const Key& key, State& state, core::SteadyTime due);

    ExponentialBackoff backoff_;
    std::function<double()> random_;
    std::map<Key, State> states_;
    std::set<std::pair<core::SteadyTime, Key>> due_;
};

}  // namespace gyre::jobs::detail
