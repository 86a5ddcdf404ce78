#include "grpc/rpc_statuses.h"

namespace gyre::grpc {

using net::RpcCode;

RpcCode RpcCodeOf(int http_status) {
    switch (http_status) {
        case 400:
            return RpcCode::kInvalidArgument;
        case 401:
            return RpcCode::kUnauthenticated;
        case 403:
            return RpcCode::kPermissionDenied;
        case 404:
            return RpcCode::kNotFound;
        case 405:
        case 415:
        case 501:
            return RpcCode::kUnimplemented;
        case 408:
        case 504:
            return RpcCode::kDeadlineExceeded;
        case 409:
            return RpcCode::kAborted;
        case 412:
            return RpcCode::kFailedPrecondition;
        case 413:
        case 429:
        case 507:
            return RpcCode::kResourceExhausted;
        case 416:
            return RpcCode::kOutOfRange;
        case 499:
            return RpcCode::kCancelled;
        case 503:
            return RpcCode::kUnavailable;
        case 500:
            return RpcCode::kInternal;
        default:
            return http_status < 300 ? RpcCode::kOk : RpcCode::kUnknown;
    }
}

RpcCode RpcCodeOf(core::Code code) {
    using core::Code;
    switch (code) {
        case Code::kInvalidArgument:
            return RpcCode::kInvalidArgument;
        case Code::kNotFound:
            return RpcCode::kNotFound;
        case Code::kAlreadyExists:
            return RpcCode::kAlreadyExists;
        case Code::kFailedPrecondition:
            return RpcCode::kFailedPrecondition;
        case Code::kConflict:
            return RpcCode::kAborted;
        case Code::kPermissionDenied:
            return RpcCode::kPermissionDenied;
        case Code::kUnauthenticated:
            return RpcCode::kUnauthenticated;
        case Code::kResourceExhausted:
            return RpcCode::kResourceExhausted;
        case Code::kUnavailable:
            return RpcCode::kUnavailable;
        case Code::kDeadlineExceeded:
            return RpcCode::kDeadlineExceeded;
        case Code::kCancelled:
            return RpcCode::kCancelled;
        case Code::kUnimplemented:
            return RpcCode::kUnimplemented;
        case Code::kDataLoss:
            return RpcCode::kDataLoss;
        case Code::kInternal:
            break;
    }
    return RpcCode::kInternal;
}

net::RpcStatus RpcStatusOf(const core::Error& error) {
    return {RpcCodeOf(error.code), error.message};
}

}  // namespace gyre::grpc
