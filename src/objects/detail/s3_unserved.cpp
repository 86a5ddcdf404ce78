#include "objects/detail/s3_unserved.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "objects/detail/s3_errors.h"
#include "objects/detail/s3_members.h"

namespace gyre::objects::detail {
namespace {

using core::Code;
using core::Status;

struct Unserved {
    std::string_view member;
    std::string_view header;
};
// Any value of these asks for something.
constexpr std::array<Unserved, 15> kUnserved = {{
    {"SSECustomerAlgorithm", "x-amz-server-side-encryption-customer-algorithm"},
    {"SSECustomerKey", "x-amz-server-side-encryption-customer-key"},
    {"CopySourceSSECustomerAlgorithm",
     "x-amz-copy-source-server-side-encryption-customer-algorithm"},
    {"CopySourceSSECustomerKey", "x-amz-copy-source-server-side-encryption-customer-key"},
    {"SSEKMSKeyId", "x-amz-server-side-encryption-aws-kms-key-id"},
    {"SSEKMSEncryptionContext", "x-amz-server-side-encryption-context"},
    {"ObjectLockMode", "x-amz-object-lock-mode"},
    {"ObjectLockRetainUntilDate", "x-amz-object-lock-retain-until-date"},
    {"ObjectLockLegalHoldStatus", "x-amz-object-lock-legal-hold"},
    {"ObjectLockEventHold", "x-amz-object-lock-event-hold"},
    {"ObjectLockEventHoldDurationDays", "x-amz-object-lock-event-hold-duration-days"},
    {"ObjectLockEventHoldDurationYears", "x-amz-object-lock-event-hold-duration-years"},
    {"WriteOffsetBytes", "x-amz-write-offset-bytes"},
    {"IfMatchInitiatedTime", "x-amz-if-match-initiated-time"},
    {"MFA", "x-amz-mfa"},
}};

constexpr std::array<std::string_view, 2> kOwnKeyEncryption = {"AES256", "aws:kms"};
constexpr std::array<std::string_view, 11> kOtherClasses = {"REDUCED_REDUNDANCY",
                                                            "STANDARD_IA",
                                                            "ONEZONE_IA",
                                                            "INTELLIGENT_TIERING",
                                                            "GLACIER",
                                                            "GLACIER_IR",
                                                            "SNOW",
                                                            "DEEP_ARCHIVE",
                                                            "OUTPOSTS",
                                                            "FSX_OPENZFS",
                                                            "EXPRESS_ONEZONE"};

bool AsksFor(const core::Json* value) {
    if (value == nullptr) return false;
    if (value->is_bool()) return value->get_bool();
    return !value->is_string() || !value->get_string().empty();
}

Status CheckStorageClass(const core::Json& input) {
    const std::string name = Text(input, "StorageClass");
    if (name.empty() || name == "STANDARD") return {};
    if (std::ranges::find(kOtherClasses, name) != kOtherClasses.end()) {
        return core::Fail(NotServed("The storage class " + name));
    }
    return core::Fail(S3Error(Code::kInvalidArgument, 400, "InvalidStorageClass",
                              "The storage class you specified is not valid"));
}

Status CheckBucketOptions(const core::Json& input) {
    if (core::JsonBool(input, "ObjectLockEnabledForBucket").value_or(false)) {
        return core::Fail(NotServed("x-amz-bucket-object-lock-enabled"));
    }
    const core::Json* configuration = core::JsonFind(input, "CreateBucketConfiguration");
    if (configuration == nullptr) return {};
    for (const std::string_view member : {"Location", "Bucket"}) {
        if (core::JsonFind(*configuration, member) != nullptr) {
            return core::Fail(
                NotServed("CreateBucketConfiguration's member " + std::string(member)));
        }
    }
    return {};
}

}  // namespace

Status CheckServed(const core::Json& input) {
    for (const auto& [member, header] : kUnserved) {
        if (AsksFor(core::JsonFind(input, member))) {
            return core::Fail(NotServed("The header " + std::string(header)));
        }
    }
    const std::string encryption = Text(input, "ServerSideEncryption");
    if (!encryption.empty() &&
        std::ranges::find(kOwnKeyEncryption, encryption) == kOwnKeyEncryption.end()) {
        return core::Fail(NotServed("The server-side encryption " + encryption));
    }
    GYRE_TRY(CheckStorageClass(input));
    return CheckBucketOptions(input);
}

}  // namespace gyre::objects::detail
