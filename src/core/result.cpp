#include "core/result.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace gyre::core {

std::string_view CodeName(Code code) {
    switch (code) {
        case Code::kInvalidArgument:
            return "INVALID_ARGUMENT";
        case Code::kNotFound:
            return "NOT_FOUND";
        case Code::kAlreadyExists:
            return "ALREADY_EXISTS";
        case Code::kFailedPrecondition:
            return "FAILED_PRECONDITION";
        case Code::kConflict:
            return "CONFLICT";
        case Code::kPermissionDenied:
            return "PERMISSION_DENIED";
        case Code::kUnauthenticated:
            return "UNAUTHENTICATED";
        case Code::kResourceExhausted:
            return "RESOURCE_EXHAUSTED";
        case Code::kUnavailable:
            return "UNAVAILABLE";
        case Code::kDeadlineExceeded:
            return "DEADLINE_EXCEEDED";
        case Code::kCancelled:
            return "CANCELLED";
        case Code::kUnimplemented:
            return "UNIMPLEMENTED";
        case Code::kDataLoss:
            return "DATA_LOSS";
        case Code::kInternal:
            return "INTERNAL";
    }
    return "UNKNOWN";
}

Error::Error(Code error_code, std::string text) : code(error_code), message(std::move(text)) {
}
Error::Error(Code error_code, std::string name, std::string text)
    : code(error_code), message(std::move(text)), wire_name(std::move(name)) {
}
Error::Error(const Error&) = default;
Error::Error(Error&&) noexcept = default;
Error& Error::operator=(const Error&) = default;
Error& Error::operator=(Error&&) noexcept = default;
Error::~Error() = default;

std::string Error::ToString() const {
    std::string text(CodeName(code));
    if (!wire_name.empty()) text += " (" + wire_name + ")";
    return text + ": " + message;
}

tl::unexpected<Error> Fail(Code code, std::string message) {
    return tl::unexpected<Error>(Error(code, std::move(message)));
}

tl::unexpected<Error> Fail(Code code, std::string wire_name, std::string message) {
    return tl::unexpected<Error>(Error(code, std::move(wire_name), std::move(message)));
}

tl::unexpected<Error> Fail(Error error) {
    return tl::unexpected<Error>(std::move(error));
}

Error ErrnoError(std::string_view what, int errno_value) {
    Code code = Code::kInternal;
    if (errno_value == ENOENT) code = Code::kNotFound;
    if (errno_value == EEXIST) code = Code::kAlreadyExists;
    if (errno_value == ENOSPC || errno_value == EDQUOT || errno_value == EMFILE ||
        errno_value == ENFILE) {
        code = Code::kResourceExhausted;
    }
    return {code, std::string(what) + ": " + std::strerror(errno_value)};
}

void CheckFailed(const char* expression, std::source_location where) {
    std::fprintf(stderr, "%s:%u: check failed: %s\n", where.file_name(),
                 static_cast<unsigned>(where.line()), expression);
    std::abort();
}

}  // namespace gyre::core
