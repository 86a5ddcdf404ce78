#include "objects/bucket_settings.h"
#include "objects/detail/object_row.h"
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

const Json* TagSetOf(const Json& input) {
    const Json* tagging = core::JsonFind(input, "Tagging");
    return tagging == nullptr ? nullptr : core::JsonFind(*tagging, "TagSet");
}

Result<Json> GetObjectTagging(const S3Room& room, const CallContext&, const Json& input) {
    const ObjectName name = ObjectNameOf(input);
    GetOptions options;
    options.version = name.version;
    options.with_body = false;
    GYRE_ASSIGN(const GetResult got, room.store.GetObject(name.bucket, name.key, options));
    JsonObject output{{"TagSet", DescribeTags(got.info.tags)}};
    AddVersion(got.info.version, output);
    return output;
}

Result<Json> PutObjectTagging(const S3Room& room, const CallContext& context, const Json& input) {
    GYRE_ASSIGN(const Tags tags, ReadTagSet(TagSetOf(input), kMostObjectTags));
    GYRE_ASSIGN(const std::string version,
                room.store.SetTags(ObjectNameOf(input), tags, By(context)));
    JsonObject output;
    AddVersion(version, output);
    return output;
}

Result<Json> DeleteObjectTagging(const S3Room& room, const CallContext& context,
                                 const Json& input) {
    GYRE_ASSIGN(const std::string version,
                room.store.SetTags(ObjectNameOf(input), {}, By(context)));
    JsonObject output;
    AddVersion(version, output);
    return output;
}

Result<Json> GetBucketTagging(const S3Room& room, const CallContext&, const Json& input) {
    const std::string bucket = Text(input, "Bucket");
    GYRE_ASSIGN(const auto document, room.store.Setting(bucket, SettingKind::kTags));
    if (!document) {
        return core::Fail(
            S3Error(core::Code::kNotFound, 404, "NoSuchTagSet", "The TagSet does not exist")
                .With("BucketName", bucket));
    }
    GYRE_ASSIGN(const Json tags, core::ParseJson(*document));
    return JsonObject{{"TagSet", DescribeTags(TagsFromJson(tags))}};
}

Result<Json> PutBucketTagging(const S3Room& room, const CallContext&, const Json& input) {
    GYRE_ASSIGN(const Tags tags, ReadTagSet(TagSetOf(input), kMostBucketTags));
    GYRE_TRY(room.store.SetSetting(Text(input, "Bucket"), SettingKind::kTags,
                                   core::JsonText(TagsToJson(tags))));
    return JsonObject();
}

Result<Json> DeleteBucketTagging(const S3Room& room, const CallContext&, const Json& input) {
    GYRE_TRY(room.store.SetSetting(Text(input, "Bucket"), SettingKind::kTags, std::nullopt));
    return JsonObject();
}

}  // namespace

void AddTagActions(const S3ActionAdder& add) {
    add.Document("GetObjectTagging", "s3:GetObjectTagging", ObjectResource, GetObjectTagging);
    add.Document("PutObjectTagging", "s3:PutObjectTagging", ObjectResource, PutObjectTagging);
    add.Document("DeleteObjectTagging", "s3:DeleteObjectTagging", ObjectResource,
                 DeleteObjectTagging);
    add.Document("GetBucketTagging", "s3:GetBucketTagging", BucketResource, GetBucketTagging);
    add.Document("PutBucketTagging", "s3:PutBucketTagging", BucketResource, PutBucketTagging);
    add.Document("DeleteBucketTagging", "s3:PutBucketTagging", BucketResource, DeleteBucketTagging);
}

}  // namespace gyre::objects::detail
