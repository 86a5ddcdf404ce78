#include "serving/torchserve/answers.h"

#include <boost/json.hpp>

namespace gyre::serving::torchserve {

core::Error Refusal(int status, std::string type, std::string message) {
    core::Error error(status < 500 ? core::Code::kInvalidArgument : core::Code::kInternal,
                      std::move(type), std::move(message));
    error.http_status = status;
    return error;
}

core::Error NoSuchResource() {
    return Refusal(404, "ResourceNotFoundException",
                   "Requested resource is not found, please refer to API document.");
}

net::Response JsonAnswer(int status, const core::Json& json) {
    net::Response response{.status = status, .headers = {}, .body = core::JsonPretty(json) + "\n"};
    response.headers.Add("Content-Type", "application/json");
    return response;
}

net::Response StatusAnswer(int status, std::string_view text) {
    return JsonAnswer(status, core::JsonObject{{"status", text}});
}

net::Response ErrorAnswer(const core::Error& error) {
    int status = error.http_status;
    std::string type = error.wire_name;
    if (status == 0) {
        const bool busy = error.code == core::Code::kUnavailable ||
                          error.code == core::Code::kResourceExhausted ||
                          error.code == core::Code::kCancelled;
        status = busy ? 503 : error.code == core::Code::kInvalidArgument ? 400 : 500;
    }
    if (type.empty()) {
        type = status == 503   ? "ServiceUnavailableException"
               : status == 400 ? "BadRequestException"
                               : "InternalServerException";
    }
    return JsonAnswer(
        status, core::JsonObject{{"code", status}, {"type", type}, {"message", error.message}});
}

void AddUsualHeaders(const net::Exchange& exchange, net::Headers& headers) {
    headers.Set("x-request-id", exchange.Head().request_id);
    headers.Set("Pragma", "no-cache");
    headers.Set("Cache-Control", "no-cache; no-store, must-revalidate, private");
    headers.Set("Expires", "Thu, 01 Jan 1970 00:00:00 UTC");
}

void Answer(net::Exchange& exchange, net::Response response) {
    AddUsualHeaders(exchange, response.headers);
    exchange.Respond(std::move(response));
}

}  // namespace gyre::serving::torchserve
