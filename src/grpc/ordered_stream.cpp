#include "grpc/ordered_stream.h"

#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <utility>

#include "core/guarded.h"

namespace gyre::grpc {
namespace {

constexpr size_t kMostAtWork = 64;  // messages of one stream; further ones wait unread

class OrderedStream : public std::enable_shared_from_this<OrderedStream> {
  public:
    OrderedStream(Call call, StreamStep step) : call_(std::move(call)), step_(std::move(step)) {}

    /// Reads on, as long as messages are there and not too many are at work.
    void Pump() {
        while (true) {
            {
                auto state = state_.Lock();
                if (state->reading || state->ended || state->slots.size() >= kMostAtWork) return;
                state->reading = true;
            }
            enum : int { kUnderWay, kWithin, kLater };
            const auto how = std::make_shared<std::atomic<int>>(kUnderWay);
            call_->Read(
                [self = shared_from_this(), how](core::Result<net::RpcCall::Message> message) {
                    self->Take(std::move(message));
                    if (how->exchange(kWithin) == kLater) self->Pump();
                });
            if (how->exchange(kLater) == kUnderWay) return;
        }
    }

  private:
    struct State {
        /// Of requests at work, oldest first; each gets its answer.
        std::deque<std::optional<std::string>> slots;
        uint64_t first = 0;  ///< the number of the first slot's request
        bool reading = false;
        bool writing = false;
        bool ended = false;     ///< the client's last request came
        bool finished = false;  ///< so is the call
    };

    void Take(core::Result<net::RpcCall::Message> message) {
        if (!message || !*message) {
            {
                auto state = state_.Lock();
                state->ended = true;
                state->reading = false;
                if (!message) state->finished = true;  // the client has gone
            }
            return WriteReady();
        }
        uint64_t number = 0;
        {
            auto state = state_.Lock();
            number = state->first + state->slots.size();
            state->slots.emplace_back();
        }
        step_(std::move(**message), [self = shared_from_this(), number](std::string answer) {
            self->Answered(number, std::move(answer));
        });
        state_.Lock()->reading = false;
    }

    void Answered(uint64_t number, std::string answer) {
        {
            auto state = state_.Lock();
            state->slots[number - state->first] = std::move(answer);
        }
        WriteReady();
        Pump();
    }

    /// Writes what is answered up to the first that is not; one thread at a time, so that the order
    /// holds.
    void WriteReady() {
        while (true) {
            std::string answer;
            {
                auto state = state_.Lock();
                if (state->writing) return;
                if (state->slots.empty() || !state->slots.front()) {
                    if (!state->slots.empty() || !state->ended || state->finished) return;
                    state->finished = true;
                    break;
                }
                answer = std::move(*state->slots.front());
                state->slots.pop_front();
                ++state->first;
                state->writing = true;
            }
            call_->Write(std::move(answer));
            state_.Lock()->writing = false;
        }
        call_->Finish({});
    }

    const Call call_;
    const StreamStep step_;
    core::Guarded<State> state_;
};

}  // namespace

void ServeInOrder(const Call& call, StreamStep step) {
    std::make_shared<OrderedStream>(call, std::move(step))->Pump();
}

}  // namespace gyre::grpc
