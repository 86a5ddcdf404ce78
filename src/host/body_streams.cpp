#include "host/body_streams.h"

#include <deque>
#include <utility>

#include "serving/host_protocol.h"

namespace gyre::host {
namespace {

using core::Code;
using core::Fail;
using net::Frame;
using serving::HostFrame;
using Answer = net::FrameServer::Reply;

/// For the next frame of a client that reads a store and writes to a disk. One that died is noticed
/// by its connection; this is for one that hangs.
constexpr core::seconds kClientPatience{600};

void ReplyEmpty(HostFrame kind, const Answer& reply) {
    reply({.kind = static_cast<uint32_t>(kind)});
}

tl::unexpected<core::Error> NobodyWants() {
    return Fail(Code::kCancelled, "nobody wants the answer any more");
}

tl::unexpected<core::Error> ClientSilent() {
    return Fail(Code::kDeadlineExceeded, "the client has sent nothing for " +
                                             std::to_string(kClientPatience.count()) + " s");
}

}  // namespace

class BodyStreams::FrameStream final : public engine::Stream {
  public:
    explicit FrameStream(core::milliseconds patience) : patience_(patience) {}

    core::Result<core::Body> NextPiece() override {
        while (true) {
            std::pair<core::Body, Answer> piece;
            {
                auto state = state_.Lock();
                const bool there =
                    state.WaitUntil(core::SystemClock().Now() + kClientPatience, [&] {
                        return !state->pieces.empty() || state->last || cancelled_.Cancelled();
                    });
                if (cancelled_.Cancelled()) return NobodyWants();
                if (!there) return ClientSilent();
                if (state->pieces.empty()) return core::Body();
                piece = std::move(state->pieces.front());
                state->pieces.pop_front();
            }
            ReplyEmpty(HostFrame::kPiece, piece.second);
            if (!piece.first.empty()) return std::move(piece.first);
        }
    }

    core::Status Give(engine::Reply part) override {
        Answer reply;
        {
            auto state = state_.Lock();
            const bool there = state.WaitUntil(core::SystemClock().Now() + kClientPatience, [&] {
                return !state->asked.empty() || cancelled_.Cancelled();
            });
            if (cancelled_.Cancelled()) return NobodyWants();
            if (!there) return ClientSilent();
            reply = std::move(state->asked.front());
            state->asked.pop_front();
        }
        serving::ReplyHead head;
        head.status = part.status;
        head.content_type = std::move(part.content_type);
        head.headers.assign(part.headers.begin(), part.headers.end());
        reply({.kind = static_cast<uint32_t>(HostFrame::kPart),
               .head = serving::EncodeReplyHead(head),
               .body = std::move(part.body)});
        return {};
    }

    const core::CancelToken& Cancelled() const override { return cancelled_; }
    core::milliseconds Patience() const override { return patience_; }

    void Add(core::Body piece, bool last, Answer reply) {
        {
            auto state = state_.Lock();
            if (!state->ended) {
                state->pieces.emplace_back(std::move(piece), std::exchange(reply, nullptr));
                state->last = last;
            }
        }
        if (reply) return ReplyEmpty(HostFrame::kPiece, reply);
        state_.NotifyAll();
    }

    void Ask(Answer reply) {
        {
            auto state = state_.Lock();
            if (!state->ended) state->asked.push_back(std::exchange(reply, nullptr));
        }
        if (reply) return ReplyEmpty(HostFrame::kPart, reply);
        state_.NotifyAll();
    }

    void Cancel() {
        cancelled_.Cancel();
        // Who has looked at the token and does not wait yet holds the lock.
        {
            auto state = state_.Lock();
        }
        state_.NotifyAll();
    }

    void End() {
        State left;
        {
            auto state = state_.Lock();
            std::swap(left, *state);
            state->ended = true;
        }
        for (const auto& [piece, reply] : left.pieces) ReplyEmpty(HostFrame::kPiece, reply);
        for (const Answer& reply : left.asked) ReplyEmpty(HostFrame::kPart, reply);
    }

  private:
    struct State {
        std::deque<std::pair<core::Body, Answer>> pieces;
        bool last = false;  ///< no other piece follows
        std::deque<Answer> asked;
        bool ended = false;
    };
    const core::milliseconds patience_;
    core::CancelToken cancelled_;
    core::Guarded<State> state_;
};

std::shared_ptr<engine::Stream> BodyStreams::Open(const std::string& id,
                                                  core::milliseconds patience) {
    auto state = state_.Lock();
    auto stream = std::make_shared<FrameStream>(patience);
    if (state->stopped || !state->open.emplace(id, stream).second) return nullptr;
    return stream;
}

std::shared_ptr<BodyStreams::FrameStream> BodyStreams::Find(const std::string& id) const {
    auto state = state_.Lock();
    const auto found = state->open.find(id);
    return found == state->open.end() ? nullptr : found->second;
}

void BodyStreams::Piece(Frame frame, Answer reply) {
    const auto head = serving::DecodeStreamHead(frame.head);
    const auto stream = head ? Find(head->request_id) : nullptr;
    if (stream == nullptr) return ReplyEmpty(HostFrame::kPiece, reply);
    if (head->abandoned) stream->Cancel();
    stream->Add(std::move(frame.body), head->last, std::move(reply));
}

void BodyStreams::Part(const Frame& frame, Answer reply) {
    const auto head = serving::DecodeStreamHead(frame.head);
    const auto stream = head ? Find(head->request_id) : nullptr;
    if (stream == nullptr) return ReplyEmpty(HostFrame::kPart, reply);
    stream->Ask(std::move(reply));
}

void BodyStreams::Close(const std::string& id) {
    std::shared_ptr<FrameStream> stream;
    {
        auto state = state_.Lock();
        const auto found = state->open.find(id);
        if (found == state->open.end()) return;
        stream = std::move(found->second);
        state->open.erase(found);
    }
    stream->End();
}

void BodyStreams::Stop() {
    auto state = state_.Lock();
    state->stopped = true;
    for (const auto& [id, stream] : state->open) stream->Cancel();
}

}  // namespace gyre::host
