#include <algorithm>
#include <charconv>

#include "wire/cbor.h"
#include "wire/detail/tables.h"
#include "wire/detail/xml_writer.h"
#include "wire/protocol.h"

namespace gyre::wire {
namespace {

using core::Code;

struct ErrorName {
    std::string_view name;
    int status;
};

// One switch per family: what an error is called there when nobody gave it a name.
ErrorName JsonName(const Service& service, Code code) {
    const bool sagemaker = service.name == "sagemaker";
    switch (code) {
        case Code::kInvalidArgument:
        case Code::kFailedPrecondition:
            if (service.query_errors) return {"InvalidParameterValue", 400};
            return {service.name == "logs" ? "InvalidParameterException" : "ValidationException",
                    400};
        case Code::kNotFound:
            return {sagemaker ? "ResourceNotFound" : "ResourceNotFoundException", 400};
        case Code::kAlreadyExists:
            return {sagemaker ? "ResourceInUse" : "ResourceAlreadyExistsException", 400};
        case Code::kConflict:
            return {"ConflictException", 400};
        case Code::kPermissionDenied:
            return {"AccessDeniedException", 400};
        case Code::kUnauthenticated:
            return {"UnrecognizedClientException", 400};
        case Code::kResourceExhausted:
            return {"ThrottlingException", 400};
        case Code::kUnavailable:
        case Code::kDeadlineExceeded:
            return {"ServiceUnavailableException", 503};
        case Code::kUnimplemented:
            return {"NotImplemented", 501};
        case Code::kCancelled:
        case Code::kDataLoss:
        case Code::kInternal:
            break;
    }
    return {"InternalFailure", 500};
}

ErrorName RuntimeName(Code code) {
    switch (code) {
        case Code::kInvalidArgument:
        case Code::kNotFound:
        case Code::kFailedPrecondition:
            return {"ValidationError", 400};
        case Code::kPermissionDenied:
            return {"AccessDeniedException", 403};
        case Code::kUnauthenticated:
            return {"UnrecognizedClientException", 403};
        case Code::kResourceExhausted:
            return {"ThrottlingException", 429};
        case Code::kUnavailable:
        case Code::kDeadlineExceeded:
            return {"ServiceUnavailable", 503};
        case Code::kUnimplemented:
            return {"NotImplemented", 501};
        default:
            return {"InternalFailure", 500};
    }
}

ErrorName S3Name(Code code) {
    switch (code) {
        case Code::kInvalidArgument:
            return {"InvalidArgument", 400};
        case Code::kNotFound:
            return {"NoSuchKey", 404};
        case Code::kAlreadyExists:
            return {"BucketAlreadyOwnedByYou", 409};
        case Code::kFailedPrecondition:
            return {"PreconditionFailed", 412};
        case Code::kConflict:
            return {"OperationAborted", 409};
        case Code::kPermissionDenied:
        case Code::kUnauthenticated:
            return {"AccessDenied", 403};
        case Code::kResourceExhausted:
        case Code::kUnavailable:
            return {"SlowDown", 503};
        case Code::kDeadlineExceeded:
            return {"RequestTimeout", 400};
        case Code::kUnimplemented:
            return {"NotImplemented", 501};
        default:
            return {"InternalError", 500};
    }
}

ErrorName QueryName(const Service& service, Code code) {
    switch (code) {
        case Code::kInvalidArgument:
            return {service.query_errors ? "InvalidParameterValue" : "ValidationError", 400};
        case Code::kNotFound:
            return {"NoSuchEntity", 404};
        case Code::kAlreadyExists:
            return {"EntityAlreadyExists", 409};
        case Code::kFailedPrecondition:
            return {"DeleteConflict", 409};
        case Code::kConflict:
            return {"ConcurrentModification", 409};
        case Code::kPermissionDenied:
            return {"AccessDenied", 403};
        case Code::kUnauthenticated:
            return {"InvalidClientTokenId", 403};
        case Code::kResourceExhausted:
            return {"Throttling", 400};
        case Code::kUnavailable:
        case Code::kDeadlineExceeded:
            return {"ServiceUnavailable", 503};
        case Code::kUnimplemented:
            return {"NotImplemented", 501};
        default:
            return {"InternalFailure", 500};
    }
}

ErrorName NameByCode(const Service& service, Code code) {
    switch (service.protocol) {
        case Protocol::kJson10:
        case Protocol::kJson11:
        case Protocol::kCbor:
            return JsonName(service, code);
        case Protocol::kRestJson:
            return RuntimeName(code);
        case Protocol::kRestXml:
            return S3Name(code);
        case Protocol::kQuery:
            return QueryName(service, code);
    }
    return {"InternalFailure", 500};
}

const ErrorShape* FindShape(const Service& service, std::string_view name) {
    const auto& errors = service.operations->errors;
    const auto found = std::ranges::find(errors, name, &ErrorShape::code);
    return found == errors.end() || name.empty() ? nullptr : &*found;
}

bool IsNumber(const ErrorShape* shape, std::string_view member) {
    if (shape == nullptr) return false;
    std::string_view rest = shape->numbers;
    while (!rest.empty()) {
        const std::string_view name = rest.substr(0, rest.find(' '));
        if (name == member) return true;
        rest.remove_prefix(std::min(rest.size(), name.size() + 1));
    }
    return false;
}

// Details that are headers of the answer rather than members of its body.
bool IsHeader(std::string_view detail) {
    return detail == "Retry-After" || detail == "Allow" || detail == "Last-Modified" ||
           detail.starts_with("x-gyre-") || detail.starts_with("x-amz-");
}

core::JsonObject ErrorDocument(const Service& service, const core::Error& error,
                               std::string_view name, const ErrorShape* shape) {
    // Where the query protocol has a name of its own, the others go by the shape's.
    const bool by_shape = service.query_errors && shape != nullptr;
    core::JsonObject body{{"__type", by_shape ? shape->shape : name}};
    body[service.protocol == Protocol::kRestJson ? "Message" : "message"] = error.message;
    for (const auto& [member, value] : error.details) {
        if (IsHeader(member)) continue;
        int64_t number = 0;
        const auto [end, failed] =
            std::from_chars(value.data(), value.data() + value.size(), number);
        if (IsNumber(shape, member) && failed == std::errc() &&
            end == value.data() + value.size()) {
            body[member] = number;
        } else {
            body[member] = value;
        }
    }
    return body;
}

void SetQueryError(const Service& service, std::string_view name, net::Response& response) {
    if (!service.query_errors) return;
    response.headers.Set("x-amzn-query-error",
                         std::string(name) + (response.status < 500 ? ";Sender" : ";Receiver"));
}

std::string S3Body(const core::Error& error, std::string_view name, std::string_view request_id,
                   std::string_view resource) {
    std::string body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>";
    detail::AppendXmlElement(body, "Code", name);
    detail::AppendXmlElement(body, "Message", error.message);
    for (const auto& [member, value] : error.details) {
        if (!IsHeader(member)) detail::AppendXmlElement(body, member, value);
    }
    detail::AppendXmlElement(body, "Resource", resource);
    detail::AppendXmlElement(body, "RequestId", request_id);
    return body + "</Error>";
}

std::string QueryBody(const Service& service, const core::Error& error, std::string_view name,
                      std::string_view request_id, int status) {
    std::string body =
        "<ErrorResponse xmlns=\"" + std::string(service.xml_namespace) + "\"><Error>";
    detail::AppendXmlElement(body, "Type", status < 500 ? "Sender" : "Receiver");
    detail::AppendXmlElement(body, "Code", name);
    detail::AppendXmlElement(body, "Message", error.message);
    body += "</Error>";
    detail::AppendXmlElement(body, "RequestId", request_id);
    return body + "</ErrorResponse>";
}

}  // namespace

net::Response WriteError(const Service& service, const core::Error& error,
                         std::string_view request_id, std::string_view resource) {
    const ErrorName usual = NameByCode(service, error.code);
    const std::string_view name = error.wire_name.empty() ? usual.name : error.wire_name;
    const ErrorShape* shape = FindShape(service, name);
    net::Response response;
    response.status = error.http_status != 0 ? error.http_status
                      : shape != nullptr && service.protocol != Protocol::kRestXml ? shape->status
                                                                                   : usual.status;
    for (const auto& [detail, value] : error.details) {
        if (IsHeader(detail)) response.headers.Set(detail, value);
    }
    switch (service.protocol) {
        case Protocol::kJson10:
        case Protocol::kJson11:
            response.headers.Set("Content-Type", service.protocol == Protocol::kJson10
                                                     ? "application/x-amz-json-1.0"
                                                     : "application/x-amz-json-1.1");
            response.headers.Set("x-amzn-ErrorType", std::string(name));
            SetQueryError(service, name, response);
            response.body = core::JsonText(ErrorDocument(service, error, name, shape));
            break;
        case Protocol::kCbor:
            response.headers.Set("Content-Type", "application/cbor");
            response.headers.Set("smithy-protocol", "rpc-v2-cbor");
            SetQueryError(service, name, response);
            AppendCborJson(response.body, ErrorDocument(service, error, name, shape));
            break;
        case Protocol::kRestJson:
            response.headers.Set("Content-Type", "application/json");
            response.headers.Set("x-amzn-ErrorType", std::string(name));
            response.body = core::JsonText(ErrorDocument(service, error, name, shape));
            break;
        case Protocol::kRestXml:
            response.headers.Set("x-amz-request-id", std::string(request_id));
            if (response.status == 304) return response;
            response.headers.Set("Content-Type", "application/xml");
            response.body = S3Body(error, name, request_id, resource);
            return response;
        case Protocol::kQuery:
            response.headers.Set("Content-Type", "text/xml");
            response.body = QueryBody(service, error, name, request_id, response.status);
            break;
    }
    response.headers.Set("x-amzn-RequestId", std::string(request_id));
    return response;
}

}  // namespace gyre::wire
