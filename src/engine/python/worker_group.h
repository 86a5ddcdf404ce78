#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/clock.h"
#include "core/guarded.h"
#include "core/result.h"
#include "engine/python/worker.h"

namespace gyre::engine::python {

/// When a worker that ended is started again.
struct RestartRules {
    /// Given: TorchServe's rules, by which one is given up that does not come up for so long.
    std::optional<core::seconds> restart_for;

    /// After its end, where `in_vain` workers before it in its place ended without an answer: at
    /// once, then 0.2 s, doubling up to 10 s. By TorchServe's: 0, 1, 1, 2, 3, 5, 8… s up to 1,597
    /// s, and a worker that has loaded did not end in vain.
    [[nodiscard]] core::milliseconds Pause(int in_vain) const;
    /// Whether one that went down that long ago, and ended again now, is started no more.
    [[nodiscard]] bool GivesUp(core::milliseconds down_for) const;
};

/// Some workers of one model, those that end replaced by new ones. Thread-safe; Start once, before
/// the rest. The destructor ends them all.
class WorkerGroup {
  public:
    using Launcher = std::function<core::Result<std::unique_ptr<Worker>>()>;

    WorkerGroup(int count, RestartRules rules, Launcher launch);
    ~WorkerGroup();
    WorkerGroup(const WorkerGroup&) = delete;
    WorkerGroup& operator=(const WorkerGroup&) = delete;

    /// Waits until all have loaded: the first alone, since what is wrong with it is wrong with all.
    /// Errors: Worker's.
    [[nodiscard]] core::Status Start(core::SteadyTime deadline);

    /// An idle worker, to be given back. Errors: kUnavailable when none is there and the last
    /// attempts to start one failed (details Retry-After), or all are given up; kDeadlineExceeded.
    [[nodiscard]] core::Result<Worker*> Take(core::SteadyTime deadline);
    /// `works`: false after an error of Run.
    void GiveBack(Worker* worker, bool works);

    [[nodiscard]] uint64_t Restarts() const { return restarts_; }
    [[nodiscard]] WorkerCounts Counts() const;
    /// Of the workers that run; for tests.
    [[nodiscard]] std::vector<pid_t> Pids() const;
    [[nodiscard]] core::Json Details() const;

  private:
    enum class State { kStarting, kIdle, kBusy, kEnded, kGivenUp };
    struct Place {
        State state = State::kStarting;
        std::unique_ptr<Worker> worker;
        int in_vain = 0;
        core::SteadyTime start_at;
        std::optional<core::SteadyTime> down_since;  ///< nullopt: it loaded and has not ended
        core::Error last_error;
    };
    using Places = std::vector<Place>;

    void Tend();
    /// Restarts one that is due; false when there is none.
    bool RestartOne();
    void WaitForChange();
    void Wake() const;
    void HasEnded(Place& place, core::Error why) const;
    /// What is told to those who find no worker and none to come.
    [[nodiscard]] core::Error Hopeless(const Places& places) const;

    const RestartRules rules_;
    const Launcher launch_;
    core::Guarded<Places> places_;
    std::atomic<uint64_t> restarts_{0};
    std::atomic<bool> stopping_{false};
    int wake_ = -1;  ///< eventfd
    std::jthread tender_;
};

}  // namespace gyre::engine::python
