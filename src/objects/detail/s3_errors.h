#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "core/result.h"

namespace gyre::objects::detail {

/// S3 chooses the status by its own name, so it is given with it.
[[nodiscard]] inline core::Error S3Error(core::Code code, int status, std::string name,
                                         std::string message) {
    core::Error error(code, std::move(name), std::move(message));
    error.http_status = status;
    return error;
}

[[nodiscard]] inline core::Error NoSuchBucket(std::string_view bucket) {
    return S3Error(core::Code::kNotFound, 404, "NoSuchBucket",
                   "The specified bucket does not exist")
        .With("BucketName", std::string(bucket));
}

[[nodiscard]] inline core::Error NoSuchKey(std::string_view key) {
    return S3Error(core::Code::kNotFound, 404, "NoSuchKey", "The specified key does not exist.")
        .With("Key", std::string(key));
}

[[nodiscard]] inline core::Error NoSuchVersion(std::string_view key, std::string_view version) {
    return S3Error(core::Code::kNotFound, 404, "NoSuchVersion",
                   "The specified version does not exist.")
        .With("Key", std::string(key))
        .With("VersionId", std::string(version));
}

[[nodiscard]] inline core::Error NoSuchUpload(std::string_view upload) {
    return S3Error(core::Code::kNotFound, 404, "NoSuchUpload",
                   "The specified upload does not exist. The upload ID may be invalid, or the "
                   "upload may have been aborted or completed.")
        .With("UploadId", std::string(upload));
}

[[nodiscard]] inline core::Error PreconditionFailed(std::string_view condition) {
    return S3Error(core::Code::kFailedPrecondition, 412, "PreconditionFailed",
                   "At least one of the pre-conditions you specified did not hold")
        .With("Condition", std::string(condition));
}

[[nodiscard]] inline core::Error InvalidArgument(std::string message) {
    return S3Error(core::Code::kInvalidArgument, 400, "InvalidArgument", std::move(message));
}

[[nodiscard]] inline core::Error InvalidRequest(std::string message) {
    return S3Error(core::Code::kInvalidArgument, 400, "InvalidRequest", std::move(message));
}

/// A document that reads, but says what it may not: `what`.
[[nodiscard]] inline core::Error MalformedXml(const std::string& what,
                                              std::string name = "MalformedXML") {
    return S3Error(core::Code::kInvalidArgument, 400, std::move(name),
                   "The XML you provided was not well-formed or did not validate against our "
                   "published schema (" +
                       what + ")");
}

[[nodiscard]] inline core::Error MissingLength() {
    return S3Error(core::Code::kInvalidArgument, 411, "MissingContentLength",
                   "You must provide the Content-Length HTTP header.");
}

/// For what a request asks beyond what is built; `what` begins the message.
[[nodiscard]] inline core::Error NotServed(const std::string& what) {
    return S3Error(core::Code::kUnimplemented, 501, "NotImplemented",
                   what + " is not implemented.");
}

/// The bucket's ownership is BucketOwnerEnforced.
[[nodiscard]] inline core::Error AclsNotAllowed() {
    return S3Error(core::Code::kInvalidArgument, 400, "AccessControlListNotSupported",
                   "The bucket does not allow ACLs");
}

[[nodiscard]] inline core::Error AclAgainstOwnership() {
    return S3Error(core::Code::kInvalidArgument, 400, "InvalidBucketAclWithObjectOwnership",
                   "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced "
                   "setting");
}

[[nodiscard]] inline core::Error PublicAclsBlocked() {
    return S3Error(core::Code::kPermissionDenied, 403, "AccessDenied",
                   "Access Denied: public ACLs are blocked by the BlockPublicAcls block public "
                   "access setting");
}

/// Stored bytes that are not what was put: an error, never wrong bytes.
[[nodiscard]] inline core::Error Damaged(std::string what) {
    return S3Error(core::Code::kDataLoss, 500, "InternalError",
                   "The stored object is damaged (" + std::move(what) +
                       "). Restore it from a copy and upload it again.");
}

}  // namespace gyre::objects::detail
