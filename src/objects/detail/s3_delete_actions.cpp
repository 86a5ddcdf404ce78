#include "objects/detail/s3_action_groups.h"
#include "objects/detail/s3_errors.h"
#include "objects/detail/s3_members.h"
#include "objects/detail/s3_unserved.h"
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

Result<Json> DeleteObject(const S3Room& room, const CallContext& context, const Json& input) {
    GYRE_TRY(room.store.DeleteObject(Text(input, "Bucket"), Text(input, "Key"),
                                     {.if_match = Text(input, "IfMatch")}, By(context)));
    return JsonObject();
}

/// The body's Content-MD5 and x-amz-checksum-… headers: a batch that was garbled on its way
/// removes nothing.
Status CheckSums(StreamCall& call) {
    ExpectedSums expected;
    expected.content_md5 = call.head.headers.Get("Content-MD5");
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

Result<Removal> RemovalOf(const Json& object) {
    if (core::JsonFind(object, "LastModifiedTime") || core::JsonFind(object, "Size")) {
        return core::Fail(NotServed("A condition on LastModifiedTime or Size"));
    }
    GYRE_TRY(CheckServed(object));  // its version
    return Removal{Text(object, "Key"), {.if_match = Text(object, "ETag")}};
}

JsonObject Outcome(const Json& object, const Status& status, bool quiet) {
    JsonObject one{{"Key", Text(object, "Key")}};
    if (const std::string version = Text(object, "VersionId"); !version.empty()) {
        one["VersionId"] = version;
    }
    if (status) return quiet ? JsonObject() : one;
    const core::Error& error = status.error();
    one["Code"] = error.wire_name.empty() ? "AccessDenied" : error.wire_name;
    one["Message"] = error.message;
    return one;
}

Status DeleteObjects(const S3Room& room, StreamCall& call) {
    GYRE_TRY(CheckSums(call));
    const Json& batch = call.input.at("Delete");
    const JsonArray& objects = batch.at("Objects").as_array();
    if (objects.size() > kMostKeys) {
        return core::Fail(S3Error(core::Code::kInvalidArgument, 400, "MalformedXML",
                                  "The XML you provided was not well-formed or did not validate "
                                  "against our published schema (at most 1000 objects)"));
    }
    const std::string bucket = Text(call.input, "Bucket");
    std::vector<Status> outcomes;
    std::vector<Removal> removals;
    for (const Json& object : objects) {
        Status refused =
            room.Allowed(call.context, kPermission, ObjectArn(bucket, Text(object, "Key")));
        if (refused) {
            auto removal = RemovalOf(object);
            if (removal) {
                removals.push_back(std::move(*removal));
            } else {
                refused = core::Fail(removal.error());
            }
        }
        outcomes.push_back(std::move(refused));
    }
    GYRE_ASSIGN(auto removed, room.store.DeleteObjects(bucket, removals, By(call.context)));
    const bool quiet = core::JsonBool(batch, "Quiet").value_or(false);
    JsonArray deleted;
    JsonArray errors;
    auto next = removed.begin();
    for (size_t i = 0; i < objects.size(); ++i) {
        const Status& status = outcomes[i] ? *next++ : outcomes[i];
        JsonObject one = Outcome(objects[i], status, quiet);
        if (!one.empty()) (status ? deleted : errors).emplace_back(std::move(one));
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
