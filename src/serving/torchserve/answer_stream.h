#pragma once

#include <deque>
#include <memory>
#include <string>

#include "core/guarded.h"
#include "core/worker_pool.h"
#include "net/exchange.h"

namespace gyre::serving::torchserve {

/// An answer that comes in parts. They come on an io thread, which must not wait for the client:
/// one task of the pool at a time writes what is there, in order. Thread-safe.
class AnswerStream : public std::enable_shared_from_this<AnswerStream> {
  public:
    /// `pool` outlives it.
    AnswerStream(std::unique_ptr<net::BodyWriter> writer, core::WorkerPool& pool)
        : writer_(std::move(writer)), pool_(pool) {}

    void Add(std::string piece) { Queue(std::move(piece), End::kNotYet); }
    /// The last one.
    void Finish(std::string piece) { Queue(std::move(piece), End::kWhole); }
    /// There is no rest: the client sees a broken answer.
    void Break() { Queue({}, End::kBroken); }

  private:
    enum class End { kNotYet, kWhole, kBroken };
    struct State {
        std::deque<std::string> pieces;
        End end = End::kNotYet;
        bool working = false;
    };

    void Queue(std::string piece, End end);
    void Work();

    std::unique_ptr<net::BodyWriter> writer_;  ///< of whoever works; null: given up
    core::WorkerPool& pool_;
    core::Guarded<State> state_;
};

}  // namespace gyre::serving::torchserve
