#include "serving/answer_stream.h"

#include <utility>

namespace gyre::serving {

void AnswerStream::Queue(std::string piece, End end) {
    bool begins = false;
    bool too_slow = false;
    {
        auto state = state_.Lock();
        if (!piece.empty() && !state->given_up) {
            state->bytes += piece.size();
            state->pieces.push_back(std::move(piece));
        }
        if (end != End::kNotYet && !state->given_up) state->end = end;
        too_slow = state->bytes > kMostWaiting;
        begins = !std::exchange(state->working, true);
    }
    if (too_slow) GiveUp();
    if (!begins) return;
    if (pool_.TrySubmit([self = shared_from_this()] { self->Work(); })) return;
    // Nobody can write it: cut, which the client sees.
    writer_.reset();
    GiveUp();
}

/// The pieces go, and whoever works ends the answer when it next looks.
void AnswerStream::GiveUp() {
    {
        auto state = state_.Lock();
        state->pieces.clear();
        state->bytes = 0;
        state->end = End::kBroken;
        if (std::exchange(state->given_up, true)) return;
    }
    on_gone_();
}

void AnswerStream::Work() {
    while (true) {
        std::string piece;
        End end = End::kNotYet;
        {
            auto state = state_.Lock();
            if (!state->pieces.empty()) {
                piece = std::move(state->pieces.front());
                state->pieces.pop_front();
                state->bytes -= piece.size();
            } else {
                end = state->end;
                if (end == End::kNotYet) {
                    state->working = false;
                    return;
                }
            }
        }
        if (end != End::kNotYet) {
            if (end == End::kWhole) (void)writer_->Finish();
            writer_.reset();
            return;
        }
        if (!writer_->Write(piece)) GiveUp();  // the client has gone
    }
}

}  // namespace gyre::serving
