#include "objects/detail/object_row.h"
#include "objects/detail/s3_acls.h"
#include "objects/detail/s3_action_groups.h"
#include "objects/detail/s3_errors.h"
#include "objects/detail/s3_members.h"
#include "objects/detail/tagging.h"

namespace gyre::objects::detail {
namespace {

using core::Json;
using core::JsonObject;
using core::Result;
using wire::CallContext;

// Its buckets have no LocationConstraint, and making one's own bucket again is no error there.
constexpr std::string_view kFirstRegion = "us-east-1";

Result<Json> CreateBucket(const S3Room& room, const CallContext& context, const Json& input) {
    const std::string bucket = Text(input, "Bucket");
    std::string region = context.region;
    Tags tags;
    if (const Json* configuration = core::JsonFind(input, "CreateBucketConfiguration")) {
        const std::string asked = Text(*configuration, "LocationConstraint");
        if (!asked.empty()) region = asked;
        GYRE_ASSIGN(tags, ReadTagSet(core::JsonFind(*configuration, "Tags"), kMostBucketTags));
    }
    const std::string named = Text(input, "ObjectOwnership");
    const Ownership ownership = OwnershipNamed(named);
    if (!named.empty()) {
        if (ownership == Ownership::kUnset) {
            return core::Fail(InvalidArgument("Invalid x-amz-object-ownership header: " + named));
        }
        GYRE_TRY(room.Allowed(context, "s3:PutBucketOwnershipControls", BucketArn(bucket)));
    }
    GYRE_ASSIGN(const Acl acl, AskedAcl({}, input));
    if (acl != Acl::kPrivate) {
        if (ownership == Ownership::kBucketOwnerEnforced) return core::Fail(AclAgainstOwnership());
        GYRE_TRY(room.Allowed(context, "s3:PutBucketAcl", BucketArn(bucket)));
    }
    const core::Status created = room.store.CreateBucketIn(bucket, region);
    if (!created &&
        !(created.error().code == core::Code::kAlreadyExists && region == kFirstRegion)) {
        return core::Fail(created.error());
    }
    if (created && !tags.empty()) {
        GYRE_TRY(
            room.store.SetSetting(bucket, SettingKind::kTags, core::JsonText(TagsToJson(tags))));
    }
    if (created && ownership != Ownership::kUnset) {
        GYRE_TRY(room.store.SetSetting(bucket, SettingKind::kOwnership, SettingOf(ownership)));
    }
    if (created && acl != Acl::kPrivate) {
        GYRE_TRY(room.store.SetSetting(bucket, SettingKind::kAcl, SettingOf(acl)));
    }
    return JsonObject{{"Location", "/" + bucket}};
}

Result<Json> HeadBucket(const S3Room& room, const CallContext&, const Json& input) {
    GYRE_ASSIGN(const Bucket bucket, room.store.HeadBucket(Text(input, "Bucket")));
    return JsonObject{{"BucketRegion", bucket.region}};
}

Result<Json> ListBuckets(const S3Room& room, const CallContext&, const Json& input) {
    GYRE_ASSIGN(const auto buckets, room.store.ListBuckets());
    const std::string prefix = Text(input, "Prefix");
    const std::string after = Text(input, "ContinuationToken");
    const std::string region = Text(input, "BucketRegion");
    const auto limit = core::JsonInt(input, "MaxBuckets");
    core::JsonArray listed;
    std::string last;
    std::string next;
    for (const Bucket& bucket : buckets) {
        if (!bucket.name.starts_with(prefix) || bucket.name <= after) continue;
        if (!region.empty() && bucket.region != region) continue;
        if (limit && static_cast<int64_t>(listed.size()) == *limit) {
            next = last;
            break;
        }
        JsonObject one{{"Name", bucket.name},
                       {"CreationDate", core::EpochSeconds(bucket.created)},
                       {"BucketRegion", bucket.region}};
        listed.emplace_back(std::move(one));
        last = bucket.name;
    }
    JsonObject output{{"Buckets", std::move(listed)}, {"Owner", OwnerOf(room.options.account)}};
    if (!prefix.empty()) output["Prefix"] = prefix;
    if (!next.empty()) output["ContinuationToken"] = next;
    return output;
}

Result<Json> GetBucketLocation(const S3Room& room, const CallContext&, const Json& input) {
    GYRE_ASSIGN(const Bucket bucket, room.store.HeadBucket(Text(input, "Bucket")));
    if (bucket.region == kFirstRegion) return JsonObject();
    return JsonObject{{"LocationConstraint", bucket.region}};
}

Result<Json> DeleteBucket(const S3Room& room, const CallContext&, const Json& input) {
    GYRE_TRY(room.store.DeleteBucket(Text(input, "Bucket")));
    return JsonObject();
}

}  // namespace

void AddBucketActions(const S3ActionAdder& add) {
    add.Document("CreateBucket", "s3:CreateBucket", BucketResource, CreateBucket);
    add.Document("HeadBucket", "s3:ListBucket", BucketResource, HeadBucket);
    add.Document("GetBucketLocation", "s3:GetBucketLocation", BucketResource, GetBucketLocation);
    add.Document("DeleteBucket", "s3:DeleteBucket", BucketResource, DeleteBucket);
    // As which AWS's own examples of policies name all buckets.
    const auto all = [](const CallContext&, const Json&) { return BucketArn("*"); };
    add.Document("ListBuckets", "s3:ListAllMyBuckets", all, ListBuckets);
}

}  // namespace gyre::objects::detail
