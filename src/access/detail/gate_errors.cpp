#include "access/detail/gate_errors.h"

#include <utility>

namespace gyre::access::detail {
namespace {

core::Error WithStatus(core::Error error, int status) {
    error.http_status = status;
    return error;
}

std::string_view KindName(Decision::Part part) {
    switch (part) {
        case Decision::Part::kIdentity:
            return "identity-based policy";
        case Decision::Part::kResource:
            return "resource-based policy";
        case Decision::Part::kBoundary:
            return "permissions boundary";
        case Decision::Part::kSession:
            return "session policy";
    }
    return "identity-based policy";
}

}  // namespace

ErrorStyle StyleOf(wire::Protocol protocol) {
    switch (protocol) {
        case wire::Protocol::kJson10:
        case wire::Protocol::kJson11:
        case wire::Protocol::kCbor:
            return ErrorStyle::kJson;
        case wire::Protocol::kRestJson:
            return ErrorStyle::kRestJson;
        case wire::Protocol::kRestXml:
            return ErrorStyle::kS3;
        case wire::Protocol::kQuery:
            break;
    }
    return ErrorStyle::kQuery;
}

core::Error AnonymousError(ErrorStyle style) {
    switch (style) {
        case ErrorStyle::kS3:
            return RefusalError(style, Refusal::kAnonymous, "Access Denied");
        case ErrorStyle::kQuery:
            return RefusalError(style, Refusal::kAnonymous,
                                "Request is missing Authentication Token");
        case ErrorStyle::kJson:
        case ErrorStyle::kRestJson:
            break;
    }
    return RefusalError(style, Refusal::kAnonymous, "Missing Authentication Token");
}

core::Error WrongServiceError(ErrorStyle style, std::string_view claimed,
                              std::string_view expected) {
    if (style == ErrorStyle::kS3) {
        return RefusalError(style, Refusal::kMalformed,
                            "The authorization header is malformed; incorrect service \"" +
                                std::string(claimed) + "\". This endpoint belongs to \"" +
                                std::string(expected) + "\".");
    }
    return RefusalError(
        style, Refusal::kBadSignature,
        "Credential should be scoped to correct service: '" + std::string(expected) + "'.");
}

core::Error UnknownKeyError(ErrorStyle style, std::string_view access_key_id) {
    if (style == ErrorStyle::kS3) {
        return RefusalError(style, Refusal::kUnknownKey,
                            "The AWS Access Key Id you provided does not exist in our records.")
            .With("AWSAccessKeyId", std::string(access_key_id));
    }
    return RefusalError(style, Refusal::kUnknownKey,
                        "The security token included in the request is invalid.");
}

core::Error MissingHashError() {
    return WithStatus({core::Code::kInvalidArgument, "InvalidRequest",
                       "Missing required header for this request: x-amz-content-sha256"},
                      400);
}

core::Error BodyHashError(ErrorStyle style, std::string_view signed_hash,
                          std::string_view computed) {
    if (style == ErrorStyle::kS3) {
        return RefusalError(style, Refusal::kBodyHash,
                            "The provided 'x-amz-content-sha256' header does not match what was "
                            "computed.")
            .With("ClientComputedContentSHA256", std::string(signed_hash))
            .With("S3ComputedContentSHA256", std::string(computed));
    }
    return RefusalError(style, Refusal::kBodyHash,
                        "The body is not the one whose hash was signed in x-amz-content-sha256.");
}

core::Error NotServedError(std::string_view service, std::string_view operation) {
    return WithStatus(
        {core::Code::kUnimplemented, "The operation " + std::string(operation) + " of " +
                                         std::string(service) + " is not implemented by Gyre."},
        501);
}

core::Error TooLargeError(ErrorStyle style, size_t limit) {
    const char* name = style == ErrorStyle::kS3      ? "MaxMessageLengthExceeded"
                       : style == ErrorStyle::kQuery ? "RequestEntityTooLarge"
                                                     : "RequestEntityTooLargeException";
    return WithStatus({core::Code::kInvalidArgument, name,
                       "The request's body is too large; at most " + std::to_string(limit) +
                           " bytes are taken here."},
                      413);
}

core::Error BusyError(ErrorStyle style) {
    if (style == ErrorStyle::kS3) {
        return WithStatus(
            {core::Code::kUnavailable, "SlowDown", "Please reduce your request rate."}, 503);
    }
    return WithStatus({core::Code::kUnavailable,
                       style == ErrorStyle::kQuery ? "Throttling" : "ThrottlingException",
                       "Rate exceeded: every worker is busy. Retry with a back-off."},
                      503);
}

core::Error DeniedError(ErrorStyle style, std::string_view caller, std::string_view permission,
                        std::string_view resource, const Decision& decision) {
    std::string message = "User: ";
    message.append(caller).append(" is not authorized to perform: ").append(permission);
    message.append(" on resource: ").append(resource);
    const std::string_view kind = KindName(decision.part);
    if (decision.effect == Decision::Effect::kExplicitDeny) {
        message.append(" with an explicit deny in ").append(kind.front() == 'i' ? "an " : "a ");
        message.append(kind);
    } else {
        message.append(" because no ").append(kind).append(" allows the ").append(permission);
        message.append(" action");
    }
    return RefusalError(style, Refusal::kDenied, std::move(message));
}

}  // namespace gyre::access::detail
