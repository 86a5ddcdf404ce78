#pragma once

#include <vector>

#include "core/clock.h"

namespace gyre::host {

/// Finds the size of a batch that makes a row cheapest. A shared machine's speed changes from
/// second to second, so that times of different moments do not compare; hence two sizes race, batch
/// by batch in turn, and the better half of each one's laps counts. The smaller one wins unless it
/// is clearly worse: larger batches only add latency. Where nobody waits for a single answer the
/// larger one wins where it is about as good: what a batch costs beside its time counts for it.
/// Races become rare while the best size keeps winning. Not thread-safe.
class SizeRace {
  public:
    explicit SizeRace(bool nobody_waits = false) : nobody_waits_(nobody_waits) {}

    enum class Runner { kNone, kBest, kRival };
    struct Lap {
        int rows = 1;  ///< to take at most
        Runner runner = Runner::kNone;
    };

    /// The size to gather; kLargest until something else proved good.
    [[nodiscard]] int Best() const { return best_; }
    /// A batch of the warm-up, where sizes run one after the other.
    void Learn(int rows, core::microseconds took);
    /// For a batch that leaves now where `waiting` rows wait and no more than `most` may be taken.
    [[nodiscard]] Lap Next(int waiting, int most);
    /// A batch of Next's ran. Whether Best() changed.
    bool Finish(Runner runner, int rows, core::microseconds took);
    /// The same where the model did not run after all: its race ends without a winner.
    void Abandon(Runner runner);

    static constexpr int kLargest = 64;

  private:
    struct Size {
        int rows = 0;
        double row_us = 0;  ///< the least
    };
    /// Chooses a rival where there is a fair one.
    void Begin(int waiting, int most);
    bool Decide();
    void End(bool won);

    const bool nobody_waits_;
    int best_ = kLargest;
    std::vector<Size> learnt_;
    int rival_ = 0;  ///< 0: no race is on
    std::vector<double> best_laps_;
    std::vector<double> rival_laps_;
    int started_ = 0;      ///< laps of this race
    bool upward_ = false;  ///< whether the next race is against a larger size
    int pause_ = 16;       ///< batches between races
    int until_race_ = 16;
};

}  // namespace gyre::host
