#include "serving/torchserve/answer_stream.h"

#include <utility>

namespace gyre::serving::torchserve {

void AnswerStream::Queue(std::string piece, End end) {
    {
        auto state = state_.Lock();
        if (!piece.empty()) state->pieces.push_back(std::move(piece));
        if (end != End::kNotYet) state->end = end;
        if (std::exchange(state->working, true)) return;
    }
    if (pool_.TrySubmit([self = shared_from_this()] { self->Work(); })) return;
    // Nobody can write it: cut, which the client sees.
    writer_.reset();
    state_.Lock()->pieces.clear();
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
            } else {
                end = state->end;
                if (end == End::kNotYet) {
                    state->working = false;
                    return;
                }
            }
        }
        if (end != End::kNotYet) {
            if (writer_ != nullptr && end == End::kWhole) (void)writer_->Finish();
            writer_.reset();
            return;
        }
        if (writer_ != nullptr && !writer_->Write(piece)) writer_.reset();  // the client has gone
    }
}

}  // namespace gyre::serving::torchserve
