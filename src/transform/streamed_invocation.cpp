#include "transform/streamed_invocation.h"

#include "core/digest.h"
#include "serving/host_protocol.h"

namespace gyre::transform {
namespace {

using core::Code;
using core::SteadyTime;
using Outcome = tl::expected<ModelAnswer, Refusal>;
using serving::HostFrame;

constexpr size_t kPiece = size_t{512} << 10;
constexpr int kPiecesAtOnce = 4;
constexpr int kPartsAtOnce = 4;
/// The host says when its program is silent; this is for a host that hangs.
constexpr core::seconds kBeyondTimeout{5};
constexpr core::milliseconds kLookForCancel{50};

static_assert(kPiece * (kPiecesAtOnce + kPartsAtOnce) <= StreamedInvocation::kMemory);

SteadyTime Now() {
    return core::SystemClock().Now();
}

}  // namespace

StreamedInvocation::StreamedInvocation(HostPool::Place place, const TransformSpec& spec)
    : place_(std::move(place)),
      id_(spec.name + "/" + core::RandomUuid()),
      timeout_(spec.timeout_seconds),
      came_(std::make_shared<core::Guarded<Came>>()) {
    came_->Lock()->last = Now();
    serving::InvokeHead head;
    head.request_id = id_;
    head.content_type = spec.content_type;
    head.accept = spec.accept;
    head.deadline_us = static_cast<uint64_t>(core::microseconds(timeout_).count());
    head.streamed = true;
    place_.Link()->Invoke(serving::EncodeInvokeHead(head), {},
                          [came = came_](core::Result<net::Frame> reply) {
                              came->Lock()->reply = std::move(reply);
                              came->NotifyAll();
                          });
    for (int i = 0; i < kPartsAtOnce; i++) AskForPart();
}

StreamedInvocation::~StreamedInvocation() {
    if (!came_->Lock()->reply) Send({}, true, true);
}

core::Result<Outcome> StreamedInvocation::Run(net::BodyReader& body, const Steps& steps,
                                              const core::CancelToken& cancel) {
    while (true) {
        GYRE_ASSIGN(const std::optional<Next> next, WaitForNext(cancel));
        if (!next) {
            return tl::unexpected(Refusal{.then = Refusal::Then::kAgain,
                                          .reason = "the model did not answer in time",
                                          .status = 0,
                                          .answer = ""});
        }
        switch (*next) {
            case Next::kPart:
                GYRE_TRY(TakePart(steps));
                break;
            case Next::kReply:
                return ReadReply(std::move(*came_->Lock()->reply));
            case Next::kPiece: {
                const auto sent = SendPiece(body);
                if (!sent) {
                    return tl::unexpected(Refusal{.then = Refusal::Then::kGiveUp,
                                                  .reason = sent.error().message,
                                                  .status = 0,
                                                  .answer = ""});
                }
                steps.sent(*sent);
                break;
            }
        }
    }
}

// Parts first: they hold memory. nullopt: nothing has come for too long.
core::Result<std::optional<StreamedInvocation::Next>> StreamedInvocation::WaitForNext(
    const core::CancelToken& cancel) {
    auto came = came_->Lock();
    while (true) {
        if (cancel.Cancelled()) return core::Fail(Code::kCancelled, "the job stops");
        if (!came->parts.empty()) return Next::kPart;
        if (came->reply) return Next::kReply;
        if (!all_sent_ && came->pieces < kPiecesAtOnce) return Next::kPiece;
        const SteadyTime now = Now();
        if (now > came->last + timeout_ + kBeyondTimeout) return std::nullopt;
        came.WaitUntil(now + kLookForCancel, [&] {
            return !came->parts.empty() || came->reply ||
                   (!all_sent_ && came->pieces < kPiecesAtOnce);
        });
    }
}

core::Status StreamedInvocation::TakePart(const Steps& steps) {
    net::Frame part;
    {
        auto came = came_->Lock();
        part = std::move(came->parts.front());
        came->parts.pop_front();
    }
    if (part.head.empty()) return {};  // there are no more
    GYRE_ASSIGN(auto head, serving::DecodeReplyHead(part.head));
    GYRE_TRY(steps.came({std::move(part.body), std::move(head.content_type)}));
    AskForPart();
    return {};
}

core::Result<size_t> StreamedInvocation::SendPiece(net::BodyReader& body) {
    const core::BodyMemory memory = place_.Link()->NewMemory(kPiece);
    size_t size = 0;
    while (size < kPiece && !all_sent_) {
        GYRE_ASSIGN(const size_t read, body.Read({memory.data.get() + size, kPiece - size}));
        all_sent_ = read == 0;
        size += read;
    }
    Send(memory.Part(0, size), all_sent_, false);
    return size;
}

void StreamedInvocation::Send(core::Body piece, bool last, bool abandoned) {
    came_->Lock()->pieces++;
    place_.Link()->Ask(
        HostFrame::kPiece,
        [came = came_](const core::Result<net::Frame>&) {
            {
                auto state = came->Lock();
                state->pieces--;
                state->last = Now();
            }
            came->NotifyAll();
        },
        serving::EncodeStreamHead({.request_id = id_, .last = last, .abandoned = abandoned}),
        std::move(piece));
}

void StreamedInvocation::AskForPart() {
    place_.Link()->Ask(
        HostFrame::kPart,
        [came = came_](core::Result<net::Frame> part) {
            if (!part) return;  // as the invoke's reply says
            {
                auto state = came->Lock();
                state->parts.push_back(std::move(*part));
                state->last = Now();
            }
            came->NotifyAll();
        },
        serving::EncodeStreamHead({.request_id = id_}));
}

}  // namespace gyre::transform
