#include "serving/torchserve/prediction.h"

#include <algorithm>
#include <utility>

#include "serving/deadline_header.h"
#include "serving/host_protocol.h"
#include "serving/torchserve/answers.h"

namespace gyre::serving::torchserve {
namespace {

/// Of the connection, not of the request; and those that have places of their own in a head.
constexpr std::string_view kNotForModels[] = {
    "connection", "content-length", "keep-alive", "transfer-encoding",
    "expect",     "content-type",   "accept"};
constexpr std::string_view kOfServer[] = {"content-length", "transfer-encoding", "connection",
                                          "date", "x-request-id"};

std::string Lower(std::string_view name) {
    std::string lower(name);
    std::ranges::transform(lower, lower.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
    return lower;
}

template <size_t n>
bool Among(const std::string_view (&names)[n], std::string_view name) {
    return std::ranges::any_of(
        names, [&](std::string_view one) { return net::EqualsIgnoreCase(one, name); });
}

/// The worker says "Type: message"; TorchServe's clients get the message.
std::string WithoutType(const core::Error& error) {
    const auto type = error.details.find("PythonException");
    if (type == error.details.end()) return error.message;
    const std::string prefix = type->second + ": ";
    return error.message.starts_with(prefix) ? error.message.substr(prefix.size()) : error.message;
}

/// What of the model's answer is the client's.
void TakeHead(ReplyHead& head, net::Headers& headers) {
    if (!head.content_type.empty()) headers.Add("Content-Type", std::move(head.content_type));
    for (auto& [name, value] : head.headers) {
        if (!Among(kOfServer, name)) headers.Add(std::move(name), std::move(value));
    }
}

}  // namespace

std::string TorchServePrediction::Head(core::SteadyTime now) const {
    InvokeHead head;
    const net::RequestHead& request = question_.exchange->Head();
    head.request_id = request.request_id;
    head.content_type = request.headers.Get("Content-Type");
    head.accept = request.headers.Get("Accept");
    head.waited_us = MicrosecondsBetween(question_.arrived, now);
    head.trace = true;  // for the queue's latency
    head.parts = true;
    if (const int limit = question_.route.client_timeout_ms; limit > 0) {
        const auto left = core::milliseconds(limit) - (now - question_.arrived);
        head.deadline_us = static_cast<uint64_t>(
            std::max<int64_t>(1, std::chrono::duration_cast<core::microseconds>(left).count()));
    }
    for (const auto& [name, value] : request.headers) {
        if (!Among(kNotForModels, name)) head.headers.emplace_back(Lower(name), value);
    }
    const auto set = [&](const std::string& name, const std::string& value) {
        std::erase_if(head.headers, [&](const auto& one) { return one.first == name; });
        head.headers.emplace_back(name, value);
    };
    if (const auto& sequence = question_.sequence; !sequence.id.empty()) {
        set(sequence.names->id, sequence.id);
        if (sequence.begins) set(sequence.names->start, "true");
    }
    if (!question_.query.empty()) head.headers.emplace_back("x-gyre-ts-query", question_.query);
    if (!question_.url_path.empty()) head.headers.emplace_back("url_path", question_.url_path);
    if (question_.explain) head.headers.emplace_back("explain", "True");
    if (question_.described) head.headers.emplace_back("describe", "True");
    return EncodeInvokeHead(head);
}

void TorchServePrediction::Part(net::Frame part, const std::string&, HostLink& host) {
    if (refused_) return;
    if (part.body.size() > question_.most_answer) {
        refused_ = true;
        RefuseTooLarge(part.body.size());
        host.Forget(question_.exchange->Head().request_id);
        return;
    }
    if (parts_ == nullptr) {
        auto head = DecodeReplyHead(part.head);
        if (!head) return;
        net::ResponseHead response{.status = head->status, .headers = {}};
        TakeHead(*head, response.headers);
        TakeSequence(response.headers);
        AddUsualHeaders(*question_.exchange, response.headers);
        parts_ = std::make_shared<AnswerStream>(
            question_.exchange->RespondStream(std::move(response), std::nullopt), pool_,
            [link = host.weak_from_this(), id = question_.exchange->Head().request_id] {
                if (const auto open = link.lock()) open->Forget(id);
            });
    }
    parts_->Add(std::move(part.body).Text());
}

bool TorchServePrediction::Refuse(core::Error error) {
    net::Response response = ErrorAnswer(error);
    metrics_.Answered(response.status);
    if (parts_ != nullptr) {  // too late for an error's answer
        parts_->Break();
        return false;
    }
    torchserve::Answer(*question_.exchange, std::move(response));
    return false;
}

/// TorchServe takes such an answer for its worker's death, and says how to help in its log alone.
bool TorchServePrediction::RefuseTooLarge(size_t bytes) {
    return Refuse(Refusal(500, "InternalServerException",
                          "Message size exceed limit: " + std::to_string(bytes) +
                              "\nConsider increasing the 'max_response_size' in "
                              "'config.properties' to fix."));
}

void TorchServePrediction::TakeSequence(net::Headers& headers) {
    const auto& sequence = question_.sequence;
    if (sequence.id.empty()) return;
    if (!headers.Get(sequence.names->end).empty()) sequence_over_ = true;
    if (headers.Get(sequence.names->id).empty()) headers.Add(sequence.names->id, sequence.id);
}

void TorchServePrediction::Answered() {
    if (const auto told = std::exchange(question_.answered, nullptr)) told(sequence_over_);
}

void TorchServePrediction::Fail(core::Error error) {
    Refuse(Refusal(503, "ServiceUnavailableException", std::move(error.message)));
    Answered();
}

bool TorchServePrediction::Answer(const Place&, const std::string&,
                                  core::Result<net::Frame> reply) {
    const bool good = !refused_ && Take(std::move(reply));
    Answered();
    return good;
}

bool TorchServePrediction::Take(core::Result<net::Frame> reply) {
    if (!reply) return Refuse(Refusal(500, "InternalServerException", "Worker died."));
    auto head = DecodeReplyHead(reply->head);
    if (!head) return Refuse(Refusal(500, "InternalServerException", head.error().message));
    if (head->error) {
        const core::Error& error = *head->error;
        switch (error.code) {
            case core::Code::kUnavailable:
            case core::Code::kResourceExhausted:
            case core::Code::kCancelled:
                return Refuse(Refusal(503, "ServiceUnavailableException",
                                      NoWorkerText(question_.model, question_.asked_version) +
                                          " (" + error.message + ")"));
            case core::Code::kDeadlineExceeded:
                if (question_.route.client_timeout_ms == 0) break;
                return Refuse(Refusal(408, "RequestTimeoutException",
                                      "clientTimeoutInMills of the model: " + error.message));
            default:
                break;
        }
        const bool of_handler = error.details.contains("PythonException");
        if (!of_handler && error.code == core::Code::kInternal) {
            return Refuse(
                Refusal(500, "InternalServerException", "Worker died. (" + error.message + ")"));
        }
        model_status_ = error.http_status != 0 ? error.http_status : 500;
        return Refuse(Refusal(model_status_, "InternalServerException", WithoutType(error)));
    }
    if (reply->body.size() > question_.most_answer) return RefuseTooLarge(reply->body.size());
    model_status_ = head->status;
    net::Response response;
    response.status = head->status;
    TakeHead(*head, response.headers);
    TakeSequence(response.headers);
    response.body = std::move(reply->body).Text();
    if (question_.described) response = question_.described(std::move(response.body));
    const uint64_t queue_us = head->trace ? head->trace->queue_us : 0;
    const uint64_t compute_us = head->trace ? head->trace->compute_us : 0;
    metrics_.Predicted(question_.model, question_.asked_version,
                       {.queue_us = queue_us,
                        .compute_us = compute_us,
                        .all_us = MicrosecondsBetween(question_.arrived, clock_.Now())});
    metrics_.Answered(response.status);
    if (parts_ != nullptr) {
        parts_->Finish(std::move(response.body));
    } else {
        torchserve::Answer(*question_.exchange, std::move(response));
    }
    return true;
}

}  // namespace gyre::serving::torchserve
