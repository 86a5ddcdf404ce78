#include "serving/async/notification.h"

#include <boost/json.hpp>

#include "core/digest.h"
#include "core/utf8.h"

namespace gyre::serving::async {
namespace {

using core::JsonObject;

constexpr size_t kMostAnswer = 128 << 10;  // bytes; SNS takes messages of 256 KiB

void AddAnswer(const Attempt& attempt, JsonObject& parameters) {
    if (attempt.body.empty() || attempt.body.size() > kMostAnswer) return;
    const bool text = core::IsUtf8(attempt.body);
    parameters["responseBody"] =
        JsonObject{{"content", text ? attempt.body : core::Base64Encode(attempt.body)},
                   {"encoding", text ? "UTF-8" : "BASE64"}};
}

}  // namespace

core::Json NotificationOf(const AsyncRequest& request, const Attempt& attempt,
                          const std::string& region, core::WallTime now) {
    const bool answered = attempt.end == Attempt::End::kAnswered;
    JsonObject asked{{"endpointName", request.endpoint}, {"inputLocation", request.input}};
    if (!request.content_type.empty()) asked["contentType"] = request.content_type;
    if (!request.accept.empty()) asked["accept"] = request.accept;
    if (!request.custom_attributes.empty()) asked["customAttributes"] = request.custom_attributes;
    JsonObject message{{"awsRegion", region},
                       {"eventTime", core::Iso8601(now)},
                       {"receivedTime", core::Iso8601(request.accepted)},
                       {"invocationStatus", answered ? "Completed" : "Failed"},
                       {"requestParameters", std::move(asked)},
                       {"inferenceId", request.inference_id},
                       {"eventVersion", "1.0"},
                       {"eventSource", "aws:sagemaker"},
                       {"eventName", "InferenceResult"}};
    JsonObject parameters;
    if (answered) {
        parameters["outputLocation"] = request.output;
        if (!attempt.content_type.empty()) parameters["contentType"] = attempt.content_type;
        if (!attempt.custom_attributes.empty()) {
            parameters["customAttributes"] = attempt.custom_attributes;
        }
    } else {
        message["failureReason"] = attempt.reason;
        if (!request.failure.empty()) parameters["failureLocation"] = request.failure;
    }
    if (answered ? request.success_has_answer : request.error_has_answer) {
        AddAnswer(attempt, parameters);
    }
    if (!parameters.empty()) message["responseParameters"] = std::move(parameters);
    return message;
}

}  // namespace gyre::serving::async
