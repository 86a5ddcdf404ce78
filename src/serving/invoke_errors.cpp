#include "serving/invoke_errors.h"

#include "core/utf8.h"
#include "serving/names.h"

namespace gyre::serving {
namespace {

using core::Code;
using core::Error;

constexpr size_t kLongestMessage = 8192;

core::Error ValidationError(std::string message) {
    return {Code::kInvalidArgument, "ValidationError", std::move(message)};
}

// A model may answer with any bytes; what goes into JSON is text of bounded length.
std::string AsText(std::string_view bytes) {
    std::string text;
    while (!bytes.empty() && text.size() < kLongestMessage) {
        const size_t length = core::Utf8Length(bytes);
        if (length == 0) {
            text += '?';
            bytes.remove_prefix(1);
        } else {
            text.append(bytes.substr(0, length));
            bytes.remove_prefix(length);
        }
    }
    return text;
}

std::string EndpointOf(const Place& place, std::string_view endpoint) {
    return "Endpoint " + std::string(endpoint) + " of account " + place.account;
}

}  // namespace

Error NoSuchEndpoint(const Place& place, std::string_view endpoint) {
    return ValidationError(EndpointOf(place, endpoint) + " not found.");
}

Error NotInService(const Place& place, std::string_view endpoint, std::string_view status) {
    return ValidationError(EndpointOf(place, endpoint) + " is not in service: its status is " +
                           std::string(status) + ".");
}

Error NoSuchVariant(std::string_view endpoint, std::string_view variant) {
    return ValidationError("Endpoint " + std::string(endpoint) + " has no production variant \"" +
                           std::string(variant) + "\".");
}

Error OnlyQueued(const Place& place, std::string_view endpoint) {
    return ValidationError(EndpointOf(place, endpoint) +
                           " has an AsyncInferenceConfig: it takes InvokeEndpointAsync only.");
}

Error NotQueued(const Place& place, std::string_view endpoint) {
    return ValidationError(EndpointOf(place, endpoint) +
                           " has no AsyncInferenceConfig: it does not take InvokeEndpointAsync.");
}

Error WrongContainer(std::string_view endpoint, std::string_view hostname, bool direct) {
    const std::string of = "Endpoint " + std::string(endpoint);
    if (!direct) {
        return ValidationError(of +
                               " does not take a TargetContainerHostname: its model's inference "
                               "execution mode is not Direct.");
    }
    if (hostname.empty()) {
        return ValidationError(of +
                               " needs a TargetContainerHostname: its model's inference execution "
                               "mode is Direct.");
    }
    return ValidationError(of + " has no container \"" + std::string(hostname) + "\".");
}

Error WrongModel(std::string_view endpoint, bool multi_model) {
    const std::string of = "Endpoint " + std::string(endpoint);
    return multi_model
               ? ValidationError(of + " has many models: name one as TargetModel.")
               : ValidationError(of + " is no multi-model endpoint: it takes no TargetModel.");
}

Error CannotLoad(std::string_view model, std::string_view reason) {
    return ValidationError("The target model \"" + std::string(model) +
                           "\" cannot be loaded: " + std::string(reason));
}

Error ModelNotReady(std::string_view model) {
    Error error(
        Code::kUnavailable, "ModelNotReadyException",
        "The model \"" + std::string(model) + "\" is still being loaded. Try the request again.");
    error.http_status = 429;
    error.details["Retry-After"] = "1";
    return error;
}

Error ModelError(const Place& place, std::string_view endpoint, int status,
                 std::string_view message) {
    const std::string text = AsText(message);
    const std::string group = LogGroup(endpoint);
    Error error(Code::kInternal, "ModelError",
                "Received " + std::string(status >= 400 && status < 500 ? "client" : "server") +
                    " error (" + std::to_string(status) + ") from primary with message \"" + text +
                    "\". See the log group " + group + " in account " + place.account +
                    " for more information.");
    error.http_status = 424;
    error.details["OriginalStatusCode"] = std::to_string(status);
    error.details["OriginalMessage"] = text;
    error.details["LogStreamArn"] =
        "arn:aws:logs:" + place.region + ":" + place.account + ":log-group:" + group;
    return error;
}

Error Unavailable(std::string message, int retry_after) {
    Error error(Code::kUnavailable, "ServiceUnavailable", std::move(message));
    error.http_status = 503;
    error.details["Retry-After"] = std::to_string(retry_after);
    return error;
}

Error FromHost(const Place& place, std::string_view endpoint, const Error& error,
               bool own_deadline) {
    switch (error.code) {
        case Code::kUnavailable:
        case Code::kResourceExhausted:
        case Code::kCancelled: {
            Error busy = Unavailable(error.message, 1);
            if (const auto after = error.details.find("Retry-After");
                after != error.details.end()) {
                busy.details["Retry-After"] = after->second;
            }
            if (const auto wait = error.details.find("PredictedWaitMs");
                wait != error.details.end()) {
                busy.details["x-gyre-predicted-wait-ms"] = wait->second;
            }
            return busy;
        }
        case Code::kDeadlineExceeded:
            if (own_deadline) return Unavailable(error.message, 1);
            return ModelError(place, endpoint, 0, error.message);
        case Code::kInvalidArgument:
            return ModelError(place, endpoint, error.http_status != 0 ? error.http_status : 400,
                              error.message);
        default:
            return ModelError(place, endpoint, error.http_status != 0 ? error.http_status : 500,
                              error.message);
    }
}

}  // namespace gyre::serving
