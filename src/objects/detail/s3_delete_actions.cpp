#include "objects/detail/s3_action_groups.h"
#include "objects/detail/s3_errors.h"
#include "objects/detail/s3_members.h"
#include "objects/detail/verified_sums.h"

namespace gyre::objects::detail {
namespace {

using core::Json;
using core::JsonArray;
using core::JsonObject;
using core::Result;
using core::Status;
using wire::CallContext;
using wire::StreamCall;

constexpr auto kPermission = "s3:DeleteObject";
constexpr size_t kMostKeys = 1000;

/// Conditions that the members of those names set.
Conditions RemovalConditions(const Json& input, const char* tag, const char* modified,
                             const char* size) {
    Conditions conditions{.if_match = Text(input, tag)};
    conditions.match_modified = Time(input, modified);
    if (const auto bytes = core::JsonInt(input, size)) {
        conditions.match_size = static_cast<uint64_t>(*bytes);
    }
    return conditions;
}

Result<Json> DeleteObject(const S3Room& room, const CallContext& context, const Json& input) {
    const Removal removal{
        Text(input, "Key"),
        RemovalConditions(input, "IfMatch", "IfMatchLastModifiedTime", "IfMatchSize"),
        Text(input, "VersionId")};
    GYRE_ASSIGN(const Removed removed,
                room.store.DeleteObject(Text(input, "Bucket"), removal, By(context)));
    JsonObject output;
    AddVersion(removed.version, output);
    if (removed.marker) output["DeleteMarker"] = true;
    return output;
}

/// The body's Content-MD5 and x-amz-checksum-… headers: a batch that was garbled on its way
/// removes nothing.
Status CheckSums(StreamCall& call) {
    ExpectedSums expected;
    if (const auto md5 = call.head.headers.Find("Content-MD5")) expected.content_md5 = *md5;
    GYRE_ASSIGN(expected.checksums, ChecksumHeadersOf(call.head));
    GYRE_TRY(CheckForm(expected));
    Checksummer summer(AlgorithmsFor(expected));
    std::string piece(size_t{64} << 10, '\0');
    while (true) {
        GYRE_ASSIGN(const size_t size, call.body.Read({piece.data(), piece.size()}));
        if (size == 0) break;
        summer.Update({piece.data(), size});
    }
    return Verify(expected, summer.Finish());
}

Removal RemovalOf(const Json& object) {
    return {Text(object, "Key"), RemovalConditions(object, "ETag", "LastModifiedTime", "Size"),
            Text(object, "VersionId")};
}

JsonObject Outcome(const Json& object, const Result<Removed>& result, bool quiet) {
    JsonObject one{{"Key", Text(object, "Key")}};
    AddVersion(Text(object, "VersionId"), one);
    if (result) {
        if (result->marker) {
            one["DeleteMarker"] = true;
            one["DeleteMarkerVersionId"] = result->version;
        }
        return quiet ? JsonObject() : one;
    }
    const core::Error& error = result.error();
    one["Code"] = error.wire_name.empty() ? "AccessDenied" : error.wire_name;
    one["Message"] = error.message;
    return one;
}

Status DeleteObjects(const S3Room& room, StreamCall& call) {
    GYRE_TRY(CheckSums(call));
    const Json& batch = call.input.at("Delete");
    const JsonArray& objects = batch.at("Objects").as_array();
    if (objects.size() > kMostKeys) {
        return core::Fail(MalformedXml("at most 1000 objects"));
    }
    const std::string bucket = Text(call.input, "Bucket");
    std::vector<Status> allowed;
    std::vector<Removal> removals;
    for (const Json& object : objects) {
        Removal removal = RemovalOf(object);
        allowed.push_back(room.Allowed(call.context, kPermission, ObjectArn(bucket, removal.key),
                                       removal.version));
        if (allowed.back()) removals.push_back(std::move(removal));
    }
    GYRE_ASSIGN(auto removed, room.store.DeleteObjects(bucket, removals, By(call.context)));
    const bool quiet = core::JsonBool(batch, "Quiet").value_or(false);
    JsonArray deleted;
    JsonArray errors;
    auto next = removed.begin();
    for (size_t i = 0; i < objects.size(); ++i) {
        const Result<Removed> result =
            allowed[i] ? std::move(*next++) : Result<Removed>(core::Fail(allowed[i].error()));
        JsonObject one = Outcome(objects[i], result, quiet);
        if (!one.empty()) (result ? deleted : errors).emplace_back(std::move(one));
    }
    JsonObject output;
    if (!deleted.empty()) output["Deleted"] = std::move(deleted);
    if (!errors.empty()) output["Errors"] = std::move(errors);
    Answer(call, output);
    return {};
}

}  // namespace

void AddDeleteActions(const S3ActionAdder& add) {
    add.Document("DeleteObject", kPermission, ObjectResource, DeleteObject);
    // Permitted or denied key by key.
    add.Stream("DeleteObjects", "", BucketResource, DeleteObjects, kLongListBody);
}

}  // namespace gyre::objects::detail
