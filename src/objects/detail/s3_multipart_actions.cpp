#include "net/http_message.h"
#include "objects/detail/s3_acls.h"
#include "objects/detail/s3_action_groups.h"
#include "objects/detail/s3_errors.h"
#include "objects/detail/s3_members.h"
#include "objects/detail/tagging.h"

namespace gyre::objects::detail {
namespace {

using core::Json;
using core::JsonArray;
using core::JsonObject;
using core::Result;
using core::Status;
using wire::CallContext;
using wire::StreamCall;

Result<Json> CreateMultipartUpload(const S3Room& room, const CallContext& context,
                                   const Json& input) {
    UploadOptions options;
    GYRE_ASSIGN(options.metadata, MetadataOf(input));
    GYRE_ASSIGN(options.algorithm, AlgorithmOf(input));
    GYRE_ASSIGN(options.type, ChecksumTypeOf(input));
    GYRE_ASSIGN(options.tags, ParseTagHeader(Text(input, "Tagging")));
    GYRE_TRY(room.AllowedTags(context, options.tags, ObjectResource(context, input)));
    options.initiator = context.caller.arn;
    const std::string bucket = Text(input, "Bucket");
    const std::string key = Text(input, "Key");
    GYRE_ASSIGN(options.acl, AclForObject(room, context, input, bucket, key));
    GYRE_ASSIGN(const UploadInfo upload, room.store.CreateUpload(bucket, key, options));
    JsonObject output{
        {"Bucket", upload.id.bucket}, {"Key", upload.id.key}, {"UploadId", upload.id.name}};
    AddAlgorithm(upload, output);
    return output;
}

Status UploadPart(const S3Room& room, StreamCall& call) {
    GYRE_TRY(CheckLength(call.head));
    GYRE_ASSIGN(const ExpectedSums expected, ExpectedOf(call));
    GYRE_ASSIGN(const PartInfo part,
                room.store.UploadPart(UploadIdOf(call.input), PartNumberOf(call.input), call.body,
                                      expected));
    JsonObject output{{"ETag", Quoted(part.etag)}};
    AddChecksums(part.checksums, output);
    Answer(call, output);
    return {};
}

Result<CompleteOptions> CompleteOptionsOf(const StreamCall& call) {
    const Json& input = call.input;
    CompleteOptions options;
    const Json* listed = core::JsonFind(input, "MultipartUpload");
    const Json* parts = listed == nullptr ? nullptr : core::JsonFind(*listed, "Parts");
    if (parts != nullptr) {
        for (const Json& part : parts->as_array()) {
            GYRE_ASSIGN(Base64Checksums checksums, ChecksumsOf(part));
            options.parts.push_back({PartNumberOf(part), Text(part, "ETag"), std::move(checksums)});
        }
    }
    GYRE_ASSIGN(options.checksums, ChecksumsOf(input));
    GYRE_ASSIGN(options.type, ChecksumTypeOf(input));
    if (const auto size = core::JsonInt(input, "MpuObjectSize")) {
        options.size = static_cast<uint64_t>(*size);
    }
    options.conditions = ConditionsOf(input);
    options.by = By(call.context);
    return options;
}

Status CompleteMultipartUpload(const S3Room& room, StreamCall& call) {
    GYRE_ASSIGN(const CompleteOptions options, CompleteOptionsOf(call));
    GYRE_ASSIGN(const ObjectInfo info, room.store.CompleteUpload(UploadIdOf(call.input), options));
    JsonObject output{{"Location", (call.head.secure ? "https://" : "http://") +
                                       std::string(call.head.headers.Get("Host")) + "/" +
                                       info.bucket + "/" + net::PercentEncode(info.key, true)},
                      {"Bucket", info.bucket},
                      {"Key", info.key},
                      {"ETag", Quoted(info.etag)}};
    AddNewVersion(info.version, output);
    AddChecksums(info, output);
    Answer(call, output);
    return {};
}

Result<Json> AbortMultipartUpload(const S3Room& room, const CallContext&, const Json& input) {
    GYRE_TRY(room.store.AbortUpload(UploadIdOf(input)));
    return JsonObject();
}

Result<Json> ListParts(const S3Room& room, const CallContext&, const Json& input) {
    GYRE_ASSIGN(const int limit, PageLimit(input, "MaxParts"));
    const int after = NumberOf(input, "PartNumberMarker");
    const UploadId upload = UploadIdOf(input);
    GYRE_ASSIGN(const PartPage page, room.store.ListParts(upload, after, limit));
    JsonArray parts;
    for (const PartInfo& part : page.parts) {
        JsonObject one{{"PartNumber", part.number},
                       {"LastModified", core::EpochSeconds(part.modified)},
                       {"ETag", Quoted(part.etag)},
                       {"Size", part.size}};
        AddChecksums(part.checksums, one);
        parts.emplace_back(std::move(one));
    }
    JsonObject output{{"Bucket", upload.bucket},
                      {"Key", upload.key},
                      {"UploadId", upload.name},
                      {"PartNumberMarker", after},
                      {"MaxParts", limit},
                      {"IsTruncated", page.truncated},
                      {"Initiator", JsonObject{{"ID", page.upload.initiator}}},
                      {"Owner", OwnerOf(room.options.account)},
                      {"StorageClass", "STANDARD"}};
    if (page.truncated) output["NextPartNumberMarker"] = page.parts.back().number;
    if (!parts.empty()) output["Parts"] = std::move(parts);
    AddAlgorithm(page.upload, output);
    return output;
}

}  // namespace

void AddMultipartActions(const S3ActionAdder& add) {
    add.Document("CreateMultipartUpload", "s3:PutObject", ObjectResource, CreateMultipartUpload);
    add.Stream("UploadPart", "s3:PutObject", ObjectResource, UploadPart);
    add.Stream("CompleteMultipartUpload", "s3:PutObject", ObjectResource, CompleteMultipartUpload,
               kLongListBody);
    add.Document("AbortMultipartUpload", "s3:AbortMultipartUpload", ObjectResource,
                 AbortMultipartUpload);
    add.Document("ListParts", "s3:ListMultipartUploadParts", ObjectResource, ListParts);
}

}  // namespace gyre::objects::detail
