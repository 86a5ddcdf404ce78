#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "core/guarded.h"
#include "core/worker_pool.h"
#include "net/exchange.h"

namespace gyre::serving {

/// An answer that comes in parts. They come on an io thread, which must not wait for the client:
/// one task of the pool at a time writes what is there, in order. A client that has gone, or lets
/// more than kMostWaiting bytes wait for it, gets no more. Thread-safe.
class AnswerStream : public std::enable_shared_from_this<AnswerStream> {
  public:
    static constexpr size_t kMostWaiting = size_t{64} << 20;

    /// `pool` outlives it. `on_gone` is called once, when it is known that the client gets no more
    /// of the answer, from any thread.
    AnswerStream(std::unique_ptr<net::BodyWriter> writer, core::WorkerPool& pool,
                 std::function<void()> on_gone)
        : writer_(std::move(writer)), pool_(pool), on_gone_(std::move(on_gone)) {}

    void Add(std::string piece) { Queue(std::move(piece), End::kNotYet); }
    /// The last one.
    void Finish(std::string piece) { Queue(std::move(piece), End::kWhole); }
    /// There is no rest: the client sees a broken answer.
    void Break() { Queue({}, End::kBroken); }

  private:
    enum class End { kNotYet, kWhole, kBroken };
    struct State {
        std::deque<std::string> pieces;
        size_t bytes = 0;  ///< of these
        bool given_up = false;
        End end = End::kNotYet;
        bool working = false;
    };

    void Queue(std::string piece, End end);
    void Work();
    void GiveUp();

    std::unique_ptr<net::BodyWriter> writer_;  ///< of whoever works
    core::WorkerPool& pool_;
    const std::function<void()> on_gone_;
    core::Guarded<State> state_;
};

}  // namespace gyre::serving
