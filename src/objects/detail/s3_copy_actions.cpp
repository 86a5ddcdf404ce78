#include "objects/detail/copy_source.h"
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
using core::Status;
using wire::CallContext;

/// The source, which the caller may read.
Result<CopySource> SourceOf(const S3Room& room, const CallContext& context, const Json& input) {
    GYRE_ASSIGN(CopySource source, ParseCopySource(Text(input, "CopySource")));
    const auto owner = core::JsonString(input, "ExpectedSourceBucketOwner");
    GYRE_TRY(
        CheckOwner(room.options.account, owner ? Json{{"ExpectedBucketOwner", *owner}} : Json()));
    GYRE_TRY(room.Allowed(context, "s3:GetObject", ObjectArn(source.bucket, source.key),
                          source.version));
    source.conditions = ConditionsOf(input, "CopySource");
    source.range = Text(input, "CopySourceRange");
    return source;
}

/// Whether a directive (COPY, which is the default, or REPLACE) says REPLACE.
Result<bool> Replaces(const Json& input, std::string_view member, const char* message) {
    const std::string directive = Text(input, member);
    if (directive.empty() || directive == "COPY") return false;
    if (directive == "REPLACE") return true;
    return core::Fail(InvalidArgument(message));
}

/// Whether the source's tags, if it has any, may come along.
Status MayCopyTags(const S3Room& room, const CallContext& context, const Json& input,
                   const CopySource& source) {
    GetOptions reading;
    reading.version = source.version;
    reading.with_body = false;
    const auto found = room.store.GetObject(source.bucket, source.key, reading);
    // What is wrong with a source, the copy says.
    if (!found || found->info.tags.empty()) return {};
    GYRE_TRY(room.Allowed(context, "s3:GetObjectTagging", ObjectArn(source.bucket, source.key),
                          source.version));
    return room.AllowedTags(context, found->info.tags, ObjectResource(context, input));
}

Result<Json> CopyObject(const S3Room& room, const CallContext& context, const Json& input) {
    GYRE_ASSIGN(const CopySource source, SourceOf(room, context, input));
    CopyOptions options;
    GYRE_ASSIGN(const bool replaces,
                Replaces(input, "MetadataDirective", "Unknown metadata directive."));
    GYRE_ASSIGN(const bool replaces_tags,
                Replaces(input, "TaggingDirective", "Unknown tagging directive."));
    if (replaces_tags) {
        GYRE_ASSIGN(options.tags, ParseTagHeader(Text(input, "Tagging")));
        GYRE_TRY(room.AllowedTags(context, *options.tags, ObjectResource(context, input)));
    } else {
        GYRE_TRY(MayCopyTags(room, context, input, source));
    }
    if (replaces) {
        GYRE_ASSIGN(options.metadata, MetadataOf(input));
    }
    options.website_redirect = Text(input, "WebsiteRedirectLocation");
    options.conditions = {.if_match = Text(input, "IfMatch"),
                          .if_none_match = Text(input, "IfNoneMatch")};
    GYRE_ASSIGN(options.algorithm, AlgorithmOf(input));
    options.changes = core::JsonFind(input, "ServerSideEncryption") != nullptr;
    options.by = By(context);
    const std::string bucket = Text(input, "Bucket");
    const std::string key = Text(input, "Key");
    GYRE_ASSIGN(options.acl, AclForObject(room, context, input, bucket, key));
    GYRE_ASSIGN(const CopyResult copied, room.store.CopyObject(source, bucket, key, options));
    const ObjectInfo& info = copied.info;
    JsonObject result{{"ETag", Quoted(info.etag)},
                      {"LastModified", core::EpochSeconds(info.modified)}};
    AddChecksums(info, result);
    JsonObject output{{"CopyObjectResult", std::move(result)}};
    AddNewVersion(info.version, output);
    if (!copied.source_version.empty()) output["CopySourceVersionId"] = copied.source_version;
    return output;
}

Result<Json> UploadPartCopy(const S3Room& room, const CallContext& context, const Json& input) {
    GYRE_ASSIGN(const CopySource source, SourceOf(room, context, input));
    GYRE_ASSIGN(const CopyPartResult copied,
                room.store.CopyPart(UploadIdOf(input), PartNumberOf(input), source));
    const PartInfo& part = copied.part;
    JsonObject result{{"ETag", Quoted(part.etag)},
                      {"LastModified", core::EpochSeconds(part.modified)}};
    AddChecksums(part.checksums, result);
    JsonObject output{{"CopyPartResult", std::move(result)}};
    if (!copied.source_version.empty()) output["CopySourceVersionId"] = copied.source_version;
    return output;
}

}  // namespace

void AddCopyActions(const S3ActionAdder& add) {
    add.Document("CopyObject", "s3:PutObject", ObjectResource, CopyObject);
    add.Document("UploadPartCopy", "s3:PutObject", ObjectResource, UploadPartCopy);
}

}  // namespace gyre::objects::detail
