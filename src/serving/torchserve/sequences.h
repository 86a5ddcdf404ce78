#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/guarded.h"

namespace gyre::serving::torchserve {

/// What a stateful model's YAML says of its sequences (sequenceBatching).
struct SequenceSettings {
    int64_t max_idle_ms = 0;  ///< sequenceMaxIdleMSec: a sequence ends that long after an answer
    int64_t timeout_ms = 0;   ///< sequenceTimeoutMSec: and that long after its beginning; 0: never
    int most = 0;             ///< maxNumSequence; 0: as many as batches have places for
    int queue = 1;            ///< maxSequenceJobQueueSize: requests of one that wait for their turn
    bool together = false;    ///< continuousBatching: they need not wait for those before them

    bool operator==(const SequenceSettings&) const = default;
};

/// The sequences of one version of a stateful model: each is of one worker, which gets its requests
/// in order: one when that before it is answered, so that a batch never has two, or, where batches
/// are continuous, at once. Clock passed in; nothing runs by itself: what is idle for too long ends
/// when somebody next asks. Thread-safe.
class Sequences {
  public:
    /// Sends a request to that worker (from 0). Called without a lock held.
    using Send = std::function<void(int worker)>;

    explicit Sequences(SequenceSettings settings) : settings_(settings) {}

    /// So many workers there are, each with so many places in a batch. Sequences of workers that
    /// are gone go to others with their next request.
    void SetWorkers(int workers, int batch_size);

    /// A request of the sequence `id`: sent at once, or when those before it are answered. False
    /// when there are too many sequences, or too many requests of this one are not answered.
    /// `last`: the sequence ends with it.
    [[nodiscard]] bool Offer(const std::string& id, bool last, core::SteadyTime now, Send send);
    /// A request that is at work is answered, well or not: the next one is sent. `over`: the
    /// sequence takes no more than what waits already.
    void Answered(const std::string& id, bool over, core::SteadyTime now);
    /// How many there may be.
    [[nodiscard]] int Most() const { return state_.Lock()->most; }
    /// How many there are now.
    [[nodiscard]] size_t Open(core::SteadyTime now);

  private:
    struct Sequence {
        int worker = 0;
        int at_work = 0;
        bool ends = false;  ///< its last request came
        core::SteadyTime began;
        core::SteadyTime answered;
        std::deque<Send> waiting;
    };
    struct State {
        int workers = 1;
        int most = 1;
        std::map<std::string, Sequence, std::less<>> all;
    };

    [[nodiscard]] bool Over(const Sequence& sequence, core::SteadyTime now) const;
    /// The worker with the fewest sequences.
    [[nodiscard]] static int FreestWorker(const State& state);

    const SequenceSettings settings_;
    core::Guarded<State> state_;
};

}  // namespace gyre::serving::torchserve
