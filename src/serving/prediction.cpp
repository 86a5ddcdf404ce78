#include "serving/prediction.h"

#include <algorithm>

#include "serving/deadline_header.h"
#include "wire/event_stream.h"

namespace gyre::serving {
namespace {

using core::Code;
using core::Error;
using net::EqualsIgnoreCase;

// Headers of the request that the model sees, and of the model's answer that the client sees.
constexpr std::string_view kForModel[] = {
    "x-amzn-sagemaker-custom-attributes", "x-amzn-sagemaker-inference-id",
    "x-amzn-sagemaker-session-id", "x-amzn-sagemaker-target-model",
    "x-amzn-sagemaker-target-container-hostname"};
constexpr std::string_view kForClient[] = {"x-amzn-sagemaker-custom-attributes",
                                           "x-amzn-sagemaker-new-session-id",
                                           "x-amzn-sagemaker-closed-session-id"};

constexpr size_t kEventBytes = 64 << 10;  // of a part of a streamed answer

Error Refused(std::string_view what, std::string_view why) {
    return {Code::kInvalidArgument, "ValidationError",
            std::string(what) + " cannot be used: " + std::string(why)};
}

std::string PayloadParts(std::string_view bytes) {
    std::string events;
    while (!bytes.empty()) {
        const std::string_view part = bytes.substr(0, kEventBytes);
        bytes.remove_prefix(part.size());
        wire::AppendBytesEvent(events, "PayloadPart", part);
    }
    return events;
}

}  // namespace

core::Status Prediction::Read() {
    const core::JsonObject& input = call_.input.as_object();
    const auto text = [&](std::string_view member) -> std::string_view {
        const core::Json* value = input.if_contains(member);
        return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : "";
    };
    endpoint_ = text("EndpointName");
    variant_ = text("TargetVariant");
    container_ = text("TargetContainerHostname");
    model_ = text("TargetModel");
    // "/model.tar.gz" and "model.tar.gz" are one.
    if (model_.starts_with('/')) model_.erase(0, 1);
    if (!text("InferenceComponentName").empty()) {
        return core::Fail(
            Refused("InferenceComponentName", "the endpoint has no inference components"));
    }
    const net::Headers& headers = call_.head.headers;
    GYRE_ASSIGN(deadline_us_, DeadlineIn(headers));
    trace_ = headers.Get("x-gyre-trace") == "1";
    return {};
}

core::milliseconds Prediction::MayWait(core::milliseconds longest) const {
    if (deadline_us_ == 0) return longest;
    return std::min(longest, core::milliseconds(deadline_us_ / 1000));
}

std::string Prediction::Head(core::SteadyTime now) const {
    InvokeHead head;
    head.request_id = call_.context.request_id;
    head.waited_us = MicrosecondsBetween(arrived_, now);
    head.trace = trace_;
    head.parts = writers_ != nullptr;
    head.deadline_us = DeadlineLeft(deadline_us_, head.waited_us);
    for (const auto& [name, value] : call_.head.headers) {
        if (EqualsIgnoreCase(name, "content-type")) {
            head.content_type = value;
        } else if (EqualsIgnoreCase(name,
                                    writers_ != nullptr ? "x-amzn-sagemaker-accept" : "accept")) {
            head.accept = value;
        } else if (name.size() > 16) {
            const auto known = std::ranges::find_if(
                kForModel, [&](std::string_view wanted) { return EqualsIgnoreCase(name, wanted); });
            if (known != std::end(kForModel)) head.headers.emplace_back(*known, value);
        }
    }
    return EncodeInvokeHead(head);
}

net::Headers Prediction::HeadersOf(ReplyHead& head, const std::string& variant) const {
    net::Headers headers;
    headers.Add("x-amzn-RequestId", call_.context.request_id);
    headers.Add("x-Amzn-Invoked-Production-Variant", variant);
    for (auto& [name, value] : head.headers) {
        const auto known = std::ranges::find_if(
            kForClient, [&](std::string_view wanted) { return EqualsIgnoreCase(name, wanted); });
        if (known != std::end(kForClient)) headers.Add(std::move(name), std::move(value));
    }
    if (head.trace) {
        headers.Add("x-gyre-queue-us", std::to_string(head.trace->queue_us));
        headers.Add("x-gyre-batch-size", std::to_string(head.trace->batch_size));
        headers.Add("x-gyre-compute-us", std::to_string(head.trace->compute_us));
        headers.Add("x-gyre-leave-reason", std::string(LeaveReasonName(head.trace->reason)));
    }
    if (writers_ != nullptr) headers.Add("Content-Type", wire::kEventStreamType);
    if (!head.content_type.empty()) {
        headers.Add(writers_ != nullptr ? "X-Amzn-SageMaker-Content-Type" : "Content-Type",
                    std::move(head.content_type));
    }
    return headers;
}

void Prediction::BeginStream(ReplyHead& head, const std::string& variant, HostLink* host) {
    std::function<void()> forget = [] {};
    if (host != nullptr) {
        forget = [link = host->weak_from_this(), id = call_.context.request_id] {
            if (const auto open = link.lock()) open->Forget(id);
        };
    }
    stream_ = std::make_shared<AnswerStream>(
        call_.respond_stream({.status = 200, .headers = HeadersOf(head, variant)}), *writers_,
        std::move(forget));
}

void Prediction::Part(net::Frame part, const std::string& variant, HostLink& host) {
    if (stream_ == nullptr) {
        auto head = DecodeReplyHead(part.head);
        if (!head) return;
        BeginStream(*head, variant, &host);
    }
    stream_->Add(PayloadParts(part.body.View()));
}

bool Prediction::FailWith(core::Error error) {
    if (stream_ == nullptr) {
        Fail(std::move(error));
        return false;
    }
    const bool late = error.code == Code::kDeadlineExceeded;
    std::string event;
    wire::AppendException(
        event, "ModelStreamError",
        core::JsonText(core::JsonObject{
            {"Message", error.message},
            {"ErrorCode", late ? "ModelInvocationTimeExceeded" : "StreamBroken"}}));
    stream_->Finish(std::move(event));
    return false;
}

bool Prediction::Answer(const Place& place, const std::string& variant,
                        core::Result<net::Frame> reply) {
    if (!reply) {
        return FailWith(ModelError(place, endpoint_, 0,
                                   "the model's host ended before it answered (" +
                                       reply.error().message + "); it is being started again"));
    }
    auto head = DecodeReplyHead(reply->head);
    if (!head) {
        return FailWith({Code::kInternal, "InternalFailure",
                         "the host's reply cannot be read: " + head.error().message});
    }
    if (head->error) {
        const bool callers = head->error->code == core::Code::kInvalidArgument;
        model_status_ = callers ? 400 : 500;
        if (stream_ != nullptr) return FailWith(std::move(*head->error));
        return FailWith(FromHost(place, endpoint_, *head->error, deadline_us_ != 0));
    }
    model_status_ = head->status;
    if (head->status < 200 || head->status > 299) {
        return FailWith(ModelError(place, endpoint_, head->status, reply->body));
    }
    if (writers_ != nullptr) {
        if (stream_ == nullptr) BeginStream(*head, variant, nullptr);
        stream_->Finish(PayloadParts(reply->body.View()));
        return true;
    }
    net::Response response;
    response.headers = HeadersOf(*head, variant);
    response.body = std::move(reply->body).Text();
    call_.respond(std::move(response));
    return true;
}

}  // namespace gyre::serving
