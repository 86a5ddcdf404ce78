#include "objects/bucket_settings.h"
#include "objects/detail/object_row.h"
#include "objects/detail/s3_action_groups.h"
#include "objects/detail/s3_errors.h"
#include "objects/detail/s3_members.h"
#include "objects/notification.h"

namespace gyre::objects::detail {
namespace {

using core::Json;
using core::JsonArray;
using core::JsonObject;
using core::Result;
using core::Status;
using wire::CallContext;
using wire::StreamCall;

constexpr size_t kLargestPolicy = size_t{20} << 10;

core::Error NotSet(const char* name, const char* message, const std::string& bucket) {
    return S3Error(core::Code::kNotFound, 404, name, message).With("BucketName", bucket);
}

const Json& MemberOf(const Json& input, std::string_view member) {
    static const Json kNothing = JsonObject();
    const Json* found = core::JsonFind(input, member);
    return found == nullptr ? kNothing : *found;
}

Result<Json> DocumentOf(const S3Room& room, const std::string& bucket, SettingKind kind,
                        const core::Error& not_set) {
    GYRE_ASSIGN(const auto document, room.store.Setting(bucket, kind));
    if (!document) return core::Fail(not_set);
    return core::ParseJson(*document);
}

// Versioning.

Result<Json> GetBucketVersioning(const S3Room& room, const CallContext&, const Json& input) {
    GYRE_ASSIGN(const Bucket bucket, room.store.HeadBucket(Text(input, "Bucket")));
    if (bucket.versioning == Versioning::kOff) return JsonObject();
    return JsonObject{{"Status", VersioningName(bucket.versioning)}};
}

Result<Json> PutBucketVersioning(const S3Room& room, const CallContext&, const Json& input) {
    const Json& configuration = MemberOf(input, "VersioningConfiguration");
    if (Text(configuration, "MFADelete") == "Enabled") {
        return core::Fail(NotServed("MfaDelete"));
    }
    const std::string status = Text(configuration, "Status");
    if (status != "Enabled" && status != "Suspended") {
        return core::Fail(S3Error(core::Code::kInvalidArgument, 400,
                                  "IllegalVersioningConfigurationException",
                                  "The Versioning element must be specified"));
    }
    GYRE_TRY(room.store.SetVersioning(Text(input, "Bucket"), VersioningNamed(status)));
    return JsonObject();
}

// Policy.

core::Error NoPolicy(const std::string& bucket) {
    return NotSet("NoSuchBucketPolicy", "The bucket policy does not exist", bucket);
}

Result<PublicAccessBlock> BlockOf(const S3Room& room, const std::string& bucket) {
    GYRE_ASSIGN(const auto document, room.store.Setting(bucket, SettingKind::kPublicAccess));
    if (!document) return PublicAccessBlock();
    GYRE_ASSIGN(const Json json, core::ParseJson(*document));
    return PublicAccessBlock::Of(json);
}

Status PutBucketPolicy(const S3Room& room, StreamCall& call) {
    const std::string bucket = Text(call.input, "Bucket");
    std::string document;
    std::string piece(kLargestPolicy + 1, '\0');
    while (document.size() <= kLargestPolicy) {
        GYRE_ASSIGN(const size_t size, call.body.Read({piece.data(), piece.size()}));
        if (size == 0) break;
        document.append(piece, 0, size);
    }
    if (document.size() > kLargestPolicy) {
        return core::Fail(S3Error(core::Code::kInvalidArgument, 400, "PolicyTooLarge",
                                  "Policies must be at most 20480 bytes long"));
    }
    GYRE_ASSIGN(const access::Policy policy, ParseBucketPolicy(bucket, document));
    GYRE_ASSIGN(const PublicAccessBlock block, BlockOf(room, bucket));
    GYRE_TRY(CheckBucketPolicy(bucket, document));
    if (block.block_policy && IsPublicPolicy(document)) {
        return core::Fail(S3Error(core::Code::kPermissionDenied, 403, "AccessDenied",
                                  "Access Denied: public policies are blocked by the "
                                  "BlockPublicPolicy block public access setting"));
    }
    GYRE_TRY(room.store.SetSetting(bucket, SettingKind::kPolicy, document));
    net::Response done{204, {}, ""};
    done.headers.Set("x-amz-request-id", call.context.request_id);
    call.exchange.Respond(std::move(done));
    return {};
}

Result<Json> GetBucketPolicy(const S3Room& room, const CallContext&, const Json& input) {
    const std::string bucket = Text(input, "Bucket");
    GYRE_ASSIGN(const auto document, room.store.Setting(bucket, SettingKind::kPolicy));
    if (!document) return core::Fail(NoPolicy(bucket));
    return JsonObject{{"Policy", *document}};
}

Result<Json> GetBucketPolicyStatus(const S3Room& room, const CallContext&, const Json& input) {
    const std::string bucket = Text(input, "Bucket");
    GYRE_ASSIGN(const auto document, room.store.Setting(bucket, SettingKind::kPolicy));
    const AclRules acls = room.store.Settings().AclRulesOf(bucket);
    const bool is_public =
        (document && IsPublicPolicy(*document)) || (acls.Count() && acls.acl != Acl::kPrivate);
    return JsonObject{{"PolicyStatus", JsonObject{{"IsPublic", is_public}}}};
}

/// Deletes a setting; no error where it is not set.
template <SettingKind kKind>
Result<Json> DeleteSetting(const S3Room& room, const CallContext&, const Json& input) {
    GYRE_TRY(room.store.SetSetting(Text(input, "Bucket"), kKind, std::nullopt));
    return JsonObject();
}

// CORS.

Result<Json> GetBucketCors(const S3Room& room, const CallContext&, const Json& input) {
    const std::string bucket = Text(input, "Bucket");
    GYRE_ASSIGN(Json rules, DocumentOf(room, bucket, SettingKind::kCors,
                                       NotSet("NoSuchCORSConfiguration",
                                              "The CORS configuration does not exist", bucket)));
    return JsonObject{{"CORSRules", std::move(rules)}};
}

Result<Json> PutBucketCors(const S3Room& room, const CallContext&, const Json& input) {
    const Json& rules = MemberOf(MemberOf(input, "CORSConfiguration"), "CORSRules");
    GYRE_TRY(CorsRules::Check(rules));
    GYRE_TRY(
        room.store.SetSetting(Text(input, "Bucket"), SettingKind::kCors, core::JsonText(rules)));
    return JsonObject();
}

// Notifications.

Result<Json> GetBucketNotification(const S3Room& room, const CallContext&, const Json& input) {
    GYRE_ASSIGN(const auto document,
                room.store.Setting(Text(input, "Bucket"), SettingKind::kNotification));
    if (!document) return JsonObject();
    return core::ParseJson(*document);
}

Result<Json> PutBucketNotification(const S3Room& room, const CallContext&, const Json& input) {
    const std::string bucket = Text(input, "Bucket");
    GYRE_ASSIGN(const Json configuration,
                CheckNotification(MemberOf(input, "NotificationConfiguration")));
    const bool none = configuration.as_object().empty();
    GYRE_TRY(
        room.store.SetSetting(bucket, SettingKind::kNotification,
                              none ? std::nullopt : std::optional(core::JsonText(configuration))));
    return JsonObject();
}

// Public access.

Result<Json> GetPublicAccessBlock(const S3Room& room, const CallContext&, const Json& input) {
    const std::string bucket = Text(input, "Bucket");
    GYRE_ASSIGN(Json block,
                DocumentOf(room, bucket, SettingKind::kPublicAccess,
                           NotSet("NoSuchPublicAccessBlockConfiguration",
                                  "The public access block configuration was not found", bucket)));
    return JsonObject{{"PublicAccessBlockConfiguration", std::move(block)}};
}

Result<Json> PutPublicAccessBlock(const S3Room& room, const CallContext&, const Json& input) {
    const auto block = PublicAccessBlock::Of(MemberOf(input, "PublicAccessBlockConfiguration"));
    const JsonObject document{{"BlockPublicAcls", block.block_acls},
                              {"IgnorePublicAcls", block.ignore_acls},
                              {"BlockPublicPolicy", block.block_policy},
                              {"RestrictPublicBuckets", block.restrict_buckets}};
    GYRE_TRY(room.store.SetSetting(Text(input, "Bucket"), SettingKind::kPublicAccess,
                                   core::JsonText(document)));
    return JsonObject();
}

Result<Json> GetBucketRequestPayment(const S3Room& room, const CallContext&, const Json& input) {
    GYRE_TRY(room.store.HeadBucket(Text(input, "Bucket")));
    return JsonObject{{"Payer", "BucketOwner"}};
}

}  // namespace

void AddSettingsActions(const S3ActionAdder& add) {
    add.Document("GetBucketVersioning", "s3:GetBucketVersioning", BucketResource,
                 GetBucketVersioning);
    add.Document("PutBucketVersioning", "s3:PutBucketVersioning", BucketResource,
                 PutBucketVersioning);
    add.Stream("PutBucketPolicy", "s3:PutBucketPolicy", BucketResource, PutBucketPolicy);
    add.Document("GetBucketPolicy", "s3:GetBucketPolicy", BucketResource, GetBucketPolicy);
    add.Document("GetBucketPolicyStatus", "s3:GetBucketPolicyStatus", BucketResource,
                 GetBucketPolicyStatus);
    add.Document("DeleteBucketPolicy", "s3:DeleteBucketPolicy", BucketResource,
                 DeleteSetting<SettingKind::kPolicy>);
    add.Document("GetBucketCors", "s3:GetBucketCORS", BucketResource, GetBucketCors);
    add.Document("PutBucketCors", "s3:PutBucketCORS", BucketResource, PutBucketCors);
    add.Document("DeleteBucketCors", "s3:PutBucketCORS", BucketResource,
                 DeleteSetting<SettingKind::kCors>);
    add.Document("GetBucketNotificationConfiguration", "s3:GetBucketNotification", BucketResource,
                 GetBucketNotification);
    add.Document("PutBucketNotificationConfiguration", "s3:PutBucketNotification", BucketResource,
                 PutBucketNotification);
    add.Document("GetPublicAccessBlock", "s3:GetBucketPublicAccessBlock", BucketResource,
                 GetPublicAccessBlock);
    add.Document("PutPublicAccessBlock", "s3:PutBucketPublicAccessBlock", BucketResource,
                 PutPublicAccessBlock);
    add.Document("DeletePublicAccessBlock", "s3:PutBucketPublicAccessBlock", BucketResource,
                 DeleteSetting<SettingKind::kPublicAccess>);
    add.Document("GetBucketRequestPayment", "s3:GetBucketRequestPayment", BucketResource,
                 GetBucketRequestPayment);
}

}  // namespace gyre::objects::detail
