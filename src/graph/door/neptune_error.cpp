#include "graph/door/neptune_error.h"

#include "core/json.h"

namespace gyre::graph::door {
namespace {

struct Named {
    std::string_view name;
    int http_status;
    int gremlin_status;
};
/// HTTP statuses by the service model; Gremlin's by TinkerPop's ResponseStatusCode.
constexpr Named kNames[] = {
    {"AccessDeniedException", 403, 403},           {"BadRequestException", 400, 498},
    {"BulkLoadIdNotFoundException", 404, 500},     {"CancelledByUserException", 500, 500},
    {"ConcurrentModificationException", 500, 596}, {"ConstraintViolationException", 400, 500},
    {"DuplicateDataException", 400, 500},          {"FailureByQueryException", 500, 595},
    {"InternalFailureException", 500, 500},        {"InvalidParameterException", 400, 500},
    {"MalformedQueryException", 400, 597},         {"MemoryLimitExceededException", 500, 500},
    {"MethodNotAllowedException", 405, 500},       {"MissingParameterException", 400, 499},
    {"QueryLimitExceededException", 500, 500},     {"QueryTooLargeException", 400, 597},
    {"ReadOnlyViolationException", 400, 500},      {"ResourceNotFoundException", 404, 500},
    {"ServerShutdownException", 500, 500},         {"StreamRecordsNotFoundException", 404, 500},
    {"TimeLimitExceededException", 500, 598},      {"TooManyRequestsException", 429, 500},
    {"UnsupportedOperationException", 400, 500},
};

std::string_view NameOf(const core::Error& error) {
    if (error.wire_name == "FailStepException") return "FailureByQueryException";
    if (!error.wire_name.empty()) return error.wire_name;
    switch (error.code) {
        case core::Code::kInvalidArgument:
            return "InvalidParameterException";
        case core::Code::kNotFound:
            return "ResourceNotFoundException";
        case core::Code::kAlreadyExists:
            return "ConstraintViolationException";
        case core::Code::kConflict:
            return "ConcurrentModificationException";
        case core::Code::kPermissionDenied:
        case core::Code::kUnauthenticated:
            return "AccessDeniedException";
        case core::Code::kResourceExhausted:
            return "TooManyRequestsException";
        case core::Code::kDeadlineExceeded:
            return "TimeLimitExceededException";
        case core::Code::kCancelled:
            return "CancelledByUserException";
        case core::Code::kUnimplemented:
            return "UnsupportedOperationException";
        default:
            return "InternalFailureException";
    }
}

}  // namespace

NeptuneError ToNeptune(const core::Error& error) {
    NeptuneError neptune;
    neptune.code = std::string(NameOf(error));
    neptune.message = error.message;
    for (const Named& named : kNames) {
        if (named.name != neptune.code) continue;
        neptune.http_status = named.http_status;
        neptune.gremlin_status = named.gremlin_status;
    }
    if (error.http_status != 0) neptune.http_status = error.http_status;
    return neptune;
}

std::string NeptuneError::Json(std::string_view request_id) const {
    core::JsonObject json;
    json["detailedMessage"] = message;
    json["requestId"] = std::string(request_id);
    json["code"] = code;
    json["message"] = message;
    return core::JsonText(json);
}

net::Response NeptuneError::Response(std::string_view request_id) const {
    net::Response response;
    response.status = http_status;
    response.headers.Add("Content-Type", "application/json");
    response.headers.Add("x-amzn-RequestId", std::string(request_id));
    response.headers.Add("x-amzn-ErrorType", code);
    response.body = Json(request_id);
    return response;
}

}  // namespace gyre::graph::door
