#include "serving/kserve/v2_inference.h"

#include <algorithm>
#include <charconv>

#include "core/inference_media.h"
#include "serving/deadline_header.h"
#include "serving/host_protocol.h"
#include "serving/kserve/v2_answer.h"

namespace gyre::serving::kserve {
namespace {

constexpr const char* kJsonLength = "Inference-Header-Content-Length";

void AddTrace(const Trace& trace, net::Headers& headers) {
    headers.Add("x-gyre-queue-us", std::to_string(trace.queue_us));
    headers.Add("x-gyre-batch-size", std::to_string(trace.batch_size));
    headers.Add("x-gyre-compute-us", std::to_string(trace.compute_us));
    headers.Add("x-gyre-leave-reason", std::string(LeaveReasonName(trace.reason)));
}

}  // namespace

core::Result<size_t> JsonBytesOf(const net::Headers& headers, size_t body_bytes) {
    const auto given = headers.Find(kJsonLength);
    if (!given) return body_bytes;
    size_t bytes = 0;
    const char* const end = given->data() + given->size();
    const auto [stop, error] = std::from_chars(given->data(), end, bytes);
    if (error != std::errc() || stop != end || bytes > body_bytes) {
        return core::Fail(core::Code::kInvalidArgument,
                          std::string(kJsonLength) + " is \"" + std::string(*given) +
                              "\" and must be a number from 0 to the body's " +
                              std::to_string(body_bytes) + " bytes");
    }
    return bytes;
}

V2Inference::V2Inference(Question question, core::WorkerPool& pool)
    : question_(std::move(question)), pool_(pool) {
}

core::milliseconds V2Inference::MayWait(core::milliseconds longest) const {
    if (question_.deadline_us == 0) return longest;
    return std::min(longest, core::milliseconds(question_.deadline_us / 1000));
}

std::string V2Inference::Head(core::SteadyTime now) const {
    InvokeHead head;
    head.request_id = question_.exchange->Head().request_id;
    head.content_type = core::InferenceContentType(question_.json_bytes);
    head.waited_us = MicrosecondsBetween(question_.arrived, now);
    head.deadline_us = DeadlineLeft(question_.deadline_us, head.waited_us);
    head.trace = question_.exchange->Head().headers.Get("x-gyre-trace") == "1";
    return EncodeInvokeHead(head);
}

void V2Inference::Fail(core::Error error) {
    // The router's words are SageMaker's, and so is its status for what is not there.
    question_.exchange->Respond(ErrorAnswer(error));
}

bool V2Inference::Refuse(int status, std::string_view message) {
    question_.exchange->Respond(ErrorAnswer(status, message));
    return false;
}

bool V2Inference::Answer(const Place&, const std::string&, core::Result<net::Frame> reply) {
    if (!reply) {
        return Refuse(500, "the model's host ended before it answered (" + reply.error().message +
                               "); it is being started again");
    }
    auto head = DecodeReplyHead(reply->head);
    if (!head) return Refuse(500, "the host's reply cannot be read: " + head.error().message);
    if (head->error) {
        core::Error& error = *head->error;
        // Its own time limit is no fault of the server's load.
        if (error.code == core::Code::kDeadlineExceeded && question_.deadline_us == 0) {
            error.code = core::Code::kInternal;
        }
        model_status_ = error.code == core::Code::kInvalidArgument ? 400 : 500;
        question_.exchange->Respond(ErrorAnswer(error));
        return false;
    }
    model_status_ = head->status;
    if (head->status < 200 || head->status > 299) return Refuse(head->status, reply->body);
    net::Response response;
    const auto json_bytes = core::InferenceJsonBytes(head->content_type);
    if (json_bytes) {
        response.headers.Add("Content-Type", "application/octet-stream");
        response.headers.Add(kJsonLength, std::to_string(*json_bytes));
    } else {
        response.headers.Add("Content-Type", std::move(head->content_type));
    }
    if (head->trace) AddTrace(*head->trace, response.headers);
    response.body = std::move(reply->body).Text();
    kserve::Answer(question_.exchange, std::move(response), pool_);
    return true;
}

}  // namespace gyre::serving::kserve
