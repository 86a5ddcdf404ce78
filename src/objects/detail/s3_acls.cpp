#include "objects/detail/s3_acls.h"

#include <array>
#include <string>
#include <string_view>

#include "objects/detail/s3_errors.h"
#include "objects/detail/s3_members.h"

namespace gyre::objects::detail {
namespace {

using core::Code;
using core::Json;
using core::Result;

constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kGrants = {
    {{"GrantFullControl", "x-amz-grant-full-control"},
     {"GrantRead", "x-amz-grant-read"},
     {"GrantReadACP", "x-amz-grant-read-acp"},
     {"GrantWrite", "x-amz-grant-write"},
     {"GrantWriteACP", "x-amz-grant-write-acp"}}};
// For other services of AWS's.
constexpr std::array<std::string_view, 2> kUnservedAcls = {"aws-exec-read", "log-delivery-write"};
// With lists disabled only this one is taken: it says nothing new.
constexpr std::string_view kOwnersAcl = "bucket-owner-full-control";

}  // namespace

Result<Acl> AskedAcl(const AclRules& rules, const Json& input) {
    const bool disabled = rules.ownership == Ownership::kBucketOwnerEnforced;
    for (const auto& [member, header] : kGrants) {
        if (core::JsonFind(input, member) == nullptr) continue;
        return core::Fail(disabled ? AclsNotAllowed()
                                   : NotServed("The header " + std::string(header)));
    }
    const std::string name = Text(input, "ACL");
    if (name.empty() || name == kOwnersAcl) return Acl::kPrivate;
    if (disabled) return core::Fail(AclsNotAllowed());
    for (const std::string_view unserved : kUnservedAcls) {
        if (name == unserved) return core::Fail(NotServed("The access control list " + name));
    }
    const auto acl = AclNamed(name);
    if (!acl) {
        return core::Fail(InvalidArgument("The canned access control list is not valid")
                              .With("ArgumentName", "x-amz-acl")
                              .With("ArgumentValue", name));
    }
    if (*acl != Acl::kPrivate && rules.block_public) return core::Fail(PublicAclsBlocked());
    return *acl;
}

Result<Acl> AclForObject(const S3Room& room, const wire::CallContext& context, const Json& input,
                         const std::string& bucket, const std::string& key) {
    GYRE_ASSIGN(const Acl acl, AskedAcl(room.store.Settings().AclRulesOf(bucket), input));
    if (acl == Acl::kPrivate) return acl;
    wire::CallContext making = context;
    making.facts.emplace_back(kMakesObject, "true");
    GYRE_TRY(room.Allowed(making, "s3:PutObjectAcl", ObjectArn(bucket, key)));
    return acl;
}

std::optional<std::string> SettingOf(Acl acl) {
    if (acl == Acl::kPrivate) return std::nullopt;
    return core::JsonText(Json(AclName(acl)));
}

std::optional<std::string> SettingOf(Ownership ownership) {
    if (ownership == Ownership::kUnset) return std::nullopt;
    return core::JsonText(Json(OwnershipName(ownership)));
}

}  // namespace gyre::objects::detail
