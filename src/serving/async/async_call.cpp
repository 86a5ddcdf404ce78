#include "serving/async/async_call.h"

#include "net/http_message.h"
#include "serving/host_protocol.h"

namespace gyre::serving::async {
namespace {

using core::Code;
using End = Attempt::End;

constexpr const char* kCustomAttributes = "x-amzn-sagemaker-custom-attributes";

Attempt Ended(End end, std::string reason) {
    Attempt attempt;
    attempt.end = end;
    attempt.reason = std::move(reason);
    return attempt;
}

}  // namespace

std::string AsyncCall::Head(core::SteadyTime) const {
    InvokeHead head;
    head.request_id = request_->inference_id;
    head.content_type = content_type_;
    head.accept = request_->accept;
    head.deadline_us = static_cast<uint64_t>(request_->timeout.count()) * 1'000'000;
    if (!request_->custom_attributes.empty()) {
        head.headers.emplace_back(kCustomAttributes, request_->custom_attributes);
    }
    head.headers.emplace_back("x-amzn-sagemaker-inference-id", request_->inference_id);
    return EncodeInvokeHead(head);
}

void AsyncCall::Fail(core::Error error) {
    const bool later = error.code == Code::kUnavailable;
    done_(Ended(later ? End::kLater : End::kFailed, std::move(error.message)));
}

bool AsyncCall::Answer(const Place& place, const std::string&, core::Result<net::Frame> reply) {
    Attempt attempt = AttemptOf(place, std::move(reply));
    const bool answered = attempt.end == End::kAnswered;
    done_(std::move(attempt));
    return answered;
}

Attempt AsyncCall::AttemptOf(const Place& place, core::Result<net::Frame> reply) {
    if (!reply) {
        if (reply.error().code == Code::kInvalidArgument) {
            return Ended(End::kFailed, reply.error().message);  // too large for a frame
        }
        return Ended(End::kAgain, "The model's host ended before it answered.");
    }
    auto head = DecodeReplyHead(reply->head);
    if (!head) return Ended(End::kAgain, "The host's reply cannot be read.");
    if (head->error) {
        if (head->error->code == Code::kUnavailable ||
            head->error->code == Code::kResourceExhausted) {
            return Ended(End::kLater, head->error->message);
        }
        model_status_ = head->error->code == Code::kInvalidArgument ? 400 : 500;
        if (head->error->details.contains("ProgramEnded")) {
            return Ended(End::kAgain, head->error->message);
        }
        return Ended(End::kFailed,
                     FromHost(place, request_->endpoint, *head->error, false).message);
    }
    model_status_ = head->status;
    Attempt attempt;
    attempt.end = End::kAnswered;
    attempt.content_type = std::move(head->content_type);
    for (auto& [name, value] : head->headers) {
        if (net::EqualsIgnoreCase(name, kCustomAttributes)) attempt.custom_attributes = value;
    }
    if (head->status < 200 || head->status > 299) {
        attempt.end = End::kFailed;
        attempt.reason = ModelError(place, request_->endpoint, head->status, reply->body).message;
    }
    attempt.body = std::move(reply->body).Text();
    return attempt;
}

}  // namespace gyre::serving::async
