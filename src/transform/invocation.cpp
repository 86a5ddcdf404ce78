#include "transform/invocation.h"

#include "serving/host_protocol.h"
#include "transform/answer_excerpt.h"

namespace gyre::transform {
namespace {

using core::Code;
using core::milliseconds;
using Then = Refusal::Then;
using Outcome = tl::expected<ModelAnswer, Refusal>;

/// The host answers what its deadline passed; this is for a host that hangs.
constexpr core::seconds kBeyondDeadline{5};
/// Longer than an answer takes where much is under way: to look costs a switch of threads.
constexpr milliseconds kLookForCancel{250};

core::SteadyTime Now() {
    return core::SystemClock().Now();
}

Outcome Refused(Then then, std::string reason, int status = 0, std::string_view answer = {}) {
    return tl::unexpected<Refusal>(Refusal{then, std::move(reason), status, AnswerExcerpt(answer)});
}

}  // namespace

Outcome ReadReply(core::Result<net::Frame> reply) {
    if (!reply) {
        if (reply.error().code == Code::kInvalidArgument) {
            return Refused(Then::kGiveUp, reply.error().message);
        }
        return Refused(Then::kAlone, "the model's host ended before it answered");
    }
    auto head = serving::DecodeReplyHead(reply->head);
    if (!head) return Refused(Then::kAgain, "the host's reply cannot be read");
    if (head->error) {
        switch (head->error->code) {
            case Code::kInvalidArgument:
            case Code::kUnimplemented:
                return Refused(Then::kGiveUp, head->error->message);
            case Code::kUnavailable:
                return Refused(Then::kLater, head->error->message);
            default:
                return Refused(
                    head->error->details.contains("ProgramEnded") ? Then::kAlone : Then::kAgain,
                    head->error->message);
        }
    }
    if (head->status < 200 || head->status > 299) {
        // What the model finds wrong with the payload it will find wrong again.
        const bool callers =
            head->status >= 400 && head->status < 500 && head->status != 408 && head->status != 429;
        return Refused(callers ? Then::kGiveUp : Then::kAgain,
                       "the model answered with status " + std::to_string(head->status),
                       head->status, reply->body);
    }
    return ModelAnswer{std::move(reply->body), std::move(head->content_type)};
}

Invocation::Invocation(HostPool::Place place, const TransformSpec& spec, std::string id,
                       core::Body body)
    : place_(std::move(place)),
      deadline_(Now() + core::seconds(spec.timeout_seconds)),
      answered_(std::make_shared<core::Guarded<Answered>>()) {
    serving::InvokeHead head;
    head.request_id = std::move(id);
    head.content_type = spec.content_type;
    head.accept = spec.accept;
    head.deadline_us = static_cast<uint64_t>(spec.timeout_seconds) * 1'000'000;
    std::string encoded = serving::EncodeInvokeHead(head);
    serving::HostLink::Done done = [answered = answered_](core::Result<net::Frame> reply) {
        answered->Lock()->reply = std::move(reply);
        answered->NotifyAll();
    };
    if (!place_.Further()->empty()) {
        done = serving::pipeline::Through(place_.Further(), encoded, core::SystemClock(),
                                          std::move(done));
    }
    place_.Link()->Invoke(std::move(encoded), std::move(body), std::move(done));
}

core::Result<Outcome> Invocation::Wait(const core::CancelToken& cancel) {
    auto answered = answered_->Lock();
    while (!answered->reply) {
        if (cancel.Cancelled()) return core::Fail(Code::kCancelled, "the job stops");
        const auto now = Now();
        if (now > deadline_ + kBeyondDeadline) {
            return Refused(Then::kAgain, "the model did not answer in time");
        }
        answered.WaitUntil(now + kLookForCancel, [&] { return answered->reply.has_value(); });
    }
    return ReadReply(std::move(*answered->reply));
}

}  // namespace gyre::transform
