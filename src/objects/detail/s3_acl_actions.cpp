#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "objects/detail/s3_acls.h"
#include "objects/detail/s3_action_groups.h"
#include "objects/detail/s3_errors.h"
#include "objects/detail/s3_members.h"

namespace gyre::objects::detail {
namespace {

using core::Json;
using core::JsonArray;
using core::JsonObject;
using core::Result;
using core::Status;
using wire::CallContext;

constexpr auto kAllUsers = "http://acs.amazonaws.com/groups/global/AllUsers";
constexpr auto kAuthenticatedUsers = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers";

/// Who is granted what: a group's URI, or the account.
using Grants = std::vector<std::pair<std::string, std::string>>;

Grants GrantsOf(Acl acl, const std::string& account) {
    Grants grants;
    if (acl == Acl::kAuthenticatedRead) {
        grants.emplace_back(kAuthenticatedUsers, "READ");
    } else if (acl != Acl::kPrivate) {
        grants.emplace_back(kAllUsers, "READ");
    }
    if (acl == Acl::kPublicReadWrite) grants.emplace_back(kAllUsers, "WRITE");
    grants.emplace_back(account, "FULL_CONTROL");
    return grants;
}

JsonObject Grantee(const std::string& who, const std::string& account) {
    if (who != account) return {{"Type", "Group"}, {"URI", who}};
    JsonObject owner = OwnerOf(account);
    owner["Type"] = "CanonicalUser";
    return owner;
}

JsonObject AclDocument(Acl acl, const std::string& account) {
    JsonArray grants;
    for (const auto& [who, permission] : GrantsOf(acl, account)) {
        grants.push_back(
            JsonObject{{"Grantee", Grantee(who, account)}, {"Permission", permission}});
    }
    return {{"Owner", OwnerOf(account)}, {"Grants", std::move(grants)}};
}

core::Error Malformed(const char* what) {
    return MalformedXml(what, "MalformedACLError");
}

/// A body whose grants are those of a canned list.
Result<Acl> AclOfBody(const AclRules& rules, const Json& policy, const std::string& account) {
    Grants asked;
    const Json* grants = core::JsonFind(policy, "Grants");
    if (grants == nullptr || !grants->is_array()) return core::Fail(Malformed("no Grants"));
    for (const Json& grant : grants->get_array()) {
        const Json* grantee = core::JsonFind(grant, "Grantee");
        if (grantee == nullptr) return core::Fail(Malformed("no Grantee"));
        const std::string id = Text(*grantee, "ID");
        asked.emplace_back(id.empty() ? Text(*grantee, "URI") : id, Text(grant, "Permission"));
    }
    const bool disabled = rules.ownership == Ownership::kBucketOwnerEnforced;
    for (const Acl acl :
         {Acl::kPrivate, Acl::kPublicRead, Acl::kPublicReadWrite, Acl::kAuthenticatedRead}) {
        if (!std::ranges::is_permutation(asked, GrantsOf(acl, account))) continue;
        if (acl != Acl::kPrivate && disabled) return core::Fail(AclsNotAllowed());
        if (acl != Acl::kPrivate && rules.block_public) return core::Fail(PublicAclsBlocked());
        return acl;
    }
    if (disabled) return core::Fail(AclsNotAllowed());
    return core::Fail(NotServed("An access control list that is none of the canned ones"));
}

Result<Acl> PutAcl(const S3Room& room, const Json& input) {
    const AclRules rules = room.store.Settings().AclRulesOf(Text(input, "Bucket"));
    const Json* policy = core::JsonFind(input, "AccessControlPolicy");
    if (policy == nullptr) return AskedAcl(rules, input);
    return AclOfBody(rules, *policy, room.options.account);
}

Result<Json> GetBucketAcl(const S3Room& room, const CallContext&, const Json& input) {
    const std::string bucket = Text(input, "Bucket");
    GYRE_TRY(room.store.HeadBucket(bucket));
    return AclDocument(room.store.Settings().AclRulesOf(bucket).acl, room.options.account);
}

Result<Json> PutBucketAcl(const S3Room& room, const CallContext&, const Json& input) {
    GYRE_ASSIGN(const Acl acl, PutAcl(room, input));
    GYRE_TRY(room.store.SetSetting(Text(input, "Bucket"), SettingKind::kAcl, SettingOf(acl)));
    return JsonObject();
}

Result<Json> GetObjectAcl(const S3Room& room, const CallContext&, const Json& input) {
    const ObjectName name = ObjectNameOf(input);
    GetOptions options;
    options.version = name.version;
    options.with_body = false;
    GYRE_ASSIGN(const GetResult got, room.store.GetObject(name.bucket, name.key, options));
    const bool disabled =
        room.store.Settings().AclRulesOf(name.bucket).ownership == Ownership::kBucketOwnerEnforced;
    return AclDocument(disabled ? Acl::kPrivate : got.info.acl, room.options.account);
}

Result<Json> PutObjectAcl(const S3Room& room, const CallContext& context, const Json& input) {
    GYRE_ASSIGN(const Acl acl, PutAcl(room, input));
    GYRE_TRY(room.store.SetAcl(ObjectNameOf(input), acl, By(context)));
    return JsonObject();
}

// Ownership.

Result<Json> GetBucketOwnershipControls(const S3Room& room, const CallContext&, const Json& input) {
    const std::string bucket = Text(input, "Bucket");
    GYRE_TRY(room.store.HeadBucket(bucket));
    const Ownership ownership = room.store.Settings().AclRulesOf(bucket).ownership;
    if (ownership == Ownership::kUnset) {
        return core::Fail(S3Error(core::Code::kNotFound, 404, "OwnershipControlsNotFoundError",
                                  "The bucket ownership controls were not found")
                              .With("BucketName", bucket));
    }
    return JsonObject{{"OwnershipControls",
                       JsonObject{{"Rules", JsonArray{JsonObject{
                                                {"ObjectOwnership", OwnershipName(ownership)}}}}}}};
}

Result<Json> PutBucketOwnershipControls(const S3Room& room, const CallContext&, const Json& input) {
    const std::string bucket = Text(input, "Bucket");
    const Json* controls = core::JsonFind(input, "OwnershipControls");
    const Json* rules = controls == nullptr ? nullptr : core::JsonFind(*controls, "Rules");
    const bool one = rules != nullptr && rules->is_array() && rules->get_array().size() == 1;
    const Ownership ownership =
        one ? OwnershipNamed(Text(rules->get_array().front(), "ObjectOwnership"))
            : Ownership::kUnset;
    if (ownership == Ownership::kUnset) {
        return core::Fail(MalformedXml("one Rule with an ObjectOwnership is wanted"));
    }
    if (ownership == Ownership::kBucketOwnerEnforced &&
        room.store.Settings().AclRulesOf(bucket).acl != Acl::kPrivate) {
        return core::Fail(AclAgainstOwnership());
    }
    GYRE_TRY(room.store.SetSetting(bucket, SettingKind::kOwnership, SettingOf(ownership)));
    return JsonObject();
}

Result<Json> DeleteBucketOwnershipControls(const S3Room& room, const CallContext&,
                                           const Json& input) {
    GYRE_TRY(room.store.SetSetting(Text(input, "Bucket"), SettingKind::kOwnership, std::nullopt));
    return JsonObject();
}

}  // namespace

void AddAclActions(const S3ActionAdder& add) {
    add.Document("GetBucketAcl", "s3:GetBucketAcl", BucketResource, GetBucketAcl);
    add.Document("PutBucketAcl", "s3:PutBucketAcl", BucketResource, PutBucketAcl);
    add.Document("GetObjectAcl", "s3:GetObjectAcl", ObjectResource, GetObjectAcl);
    add.Document("PutObjectAcl", "s3:PutObjectAcl", ObjectResource, PutObjectAcl);
    add.Document("GetBucketOwnershipControls", "s3:GetBucketOwnershipControls", BucketResource,
                 GetBucketOwnershipControls);
    add.Document("PutBucketOwnershipControls", "s3:PutBucketOwnershipControls", BucketResource,
                 PutBucketOwnershipControls);
    add.Document("DeleteBucketOwnershipControls", "s3:PutBucketOwnershipControls", BucketResource,
                 DeleteBucketOwnershipControls);
}

}  // namespace gyre::objects::detail
