#include "serving/async/notification.h"

#include <doctest/doctest.h>

#include <boost/json.hpp>

using namespace gyre;
using namespace gyre::serving::async;

namespace {

AsyncRequest Request() {
    AsyncRequest request;
    request.endpoint = "e";
    request.inference_id = "i-1";
    request.input = "s3://in/x";
    request.output = "s3://out/y.out";
    request.failure = "s3://out/y-error.out";
    request.content_type = "text/csv";
    return request;
}

TEST_CASE("the messages of the guide to asynchronous inference") {
    AsyncRequest request = Request();
    Attempt answered;
    answered.end = Attempt::End::kAnswered;
    answered.content_type = "application/json";
    answered.body = "[1]";
    const core::WallTime now(core::milliseconds(1'700'000'000'000));
    CHECK(NotificationOf(request, answered, "eu-west-1", now) == *core::ParseJson(R"({
        "awsRegion": "eu-west-1", "eventTime": "2023-11-14T22:13:20.000Z",
        "receivedTime": "1970-01-01T00:00:00.000Z", "invocationStatus": "Completed",
        "requestParameters": {"endpointName": "e", "inputLocation": "s3://in/x",
                              "contentType": "text/csv"},
        "inferenceId": "i-1", "eventVersion": "1.0", "eventSource": "aws:sagemaker",
        "eventName": "InferenceResult",
        "responseParameters": {"outputLocation": "s3://out/y.out",
                               "contentType": "application/json"}})"));

    Attempt failed;
    failed.reason = "no";
    const auto message = NotificationOf(request, failed, "eu-west-1", now);
    CHECK(message.at("invocationStatus") == "Failed");
    CHECK(message.at("failureReason") == "no");
    CHECK(message.at("responseParameters").at("failureLocation") == "s3://out/y-error.out");
}

TEST_CASE("an answer goes along where that is asked for, as text or in base64") {
    AsyncRequest request = Request();
    request.success_has_answer = true;
    Attempt answered;
    answered.end = Attempt::End::kAnswered;
    const auto body = [&](std::string text) {
        answered.body = std::move(text);
        const auto message = NotificationOf(request, answered, "r", core::WallTime{});
        const auto* found = core::JsonFind(message.at("responseParameters"), "responseBody");
        return found == nullptr ? core::Json() : *found;
    };
    CHECK(body("[1]") == *core::ParseJson(R"({"content":"[1]","encoding":"UTF-8"})"));
    CHECK(body("\xff") == *core::ParseJson(R"({"content":"/w==","encoding":"BASE64"})"));
    CHECK(body(std::string(200'000, 'x')).is_null());
}

}  // namespace
