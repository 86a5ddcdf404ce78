#include <algorithm>
#include <array>
#include <memory>
#include <span>

#include "objects/detail/blob_files.h"
#include "objects/detail/s3_acls.h"
#include "objects/detail/s3_action_groups.h"
#include "objects/detail/s3_errors.h"
#include "objects/detail/s3_members.h"
#include "objects/detail/tagging.h"
#include "wire/protocol.h"

namespace gyre::objects::detail {
namespace {

using core::Json;
using core::JsonObject;
using core::Result;
using core::Status;
using wire::StreamCall;

// A body up to this size is answered in one piece. Whole blocks, so that none is summed twice.
constexpr size_t kPiece = 4 * kBlockSize;
constexpr auto kRead = "s3:GetObject";

net::ResponseHead HeadOf(const StreamCall& call, const JsonObject& output) {
    return wire::WriteOutputHead(call.context.service, call.context.operation, output,
                                 call.context.request_id);
}

Status PutObject(const S3Room& room, StreamCall& call) {
    GYRE_TRY(CheckLength(call.head));
    PutOptions options;
    GYRE_ASSIGN(options.metadata, MetadataOf(call.input));
    options.conditions = ConditionsOf(call.input);
    GYRE_ASSIGN(options.expected, ExpectedOf(call));
    GYRE_ASSIGN(options.tags, ParseTagHeader(Text(call.input, "Tagging")));
    GYRE_TRY(
        room.AllowedTags(call.context, options.tags, ObjectResource(call.context, call.input)));
    options.by = By(call.context);
    const std::string bucket = Text(call.input, "Bucket");
    const std::string key = Text(call.input, "Key");
    GYRE_ASSIGN(options.acl, AclForObject(room, call.context, call.input, bucket, key));
    GYRE_ASSIGN(const ObjectInfo info, room.store.PutObject(bucket, key, call.body, options));
    JsonObject output{{"ETag", Quoted(info.etag)}};
    AddNewVersion(info.version, output);
    AddChecksums(info, output);
    Answer(call, output);
    return {};
}

GetOptions GetOptionsOf(const Json& input) {
    GetOptions options;
    options.conditions = ConditionsOf(input);
    options.range = Text(input, "Range");
    options.version = Text(input, "VersionId");
    if (const auto number = core::JsonInt(input, "PartNumber")) {
        options.part_number = static_cast<int>(*number);
    }
    return options;
}

JsonObject DescribeResult(const GetResult& result, const Json& input) {
    const ObjectInfo& info = result.info;
    JsonObject output = DescribeObject(info);
    if (result.range) {
        output["ContentRange"] = "bytes " + std::to_string(result.range->first) + "-" +
                                 std::to_string(result.range->last) + "/" +
                                 std::to_string(info.size);
    }
    if (net::EqualsIgnoreCase(Text(input, "ChecksumMode"), "ENABLED")) {
        // A stretch of the object does not sum up to what the whole does.
        if (!result.part_checksums.empty()) {
            AddChecksums(result.part_checksums, output);
            output["ChecksumType"] = ChecksumTypeName(info);
        } else if (!result.range) {
            AddChecksums(info, output);
        }
    }
    if (core::JsonInt(input, "PartNumber") && info.parts > 0) output["PartsCount"] = info.parts;
    for (const auto& [asked, member] : {std::pair{"ResponseCacheControl", "CacheControl"},
                                        {"ResponseContentDisposition", "ContentDisposition"},
                                        {"ResponseContentEncoding", "ContentEncoding"},
                                        {"ResponseContentLanguage", "ContentLanguage"},
                                        {"ResponseContentType", "ContentType"},
                                        {"ResponseExpires", "Expires"}}) {
        const std::string value = Text(input, asked);
        if (!value.empty()) output[member] = value;
    }
    return output;
}

void RespondNotModified(StreamCall& call, const ObjectInfo& info) {
    JsonObject output{{"ETag", Quoted(info.etag)},
                      {"LastModified", core::EpochSeconds(info.modified)}};
    AddVersion(info.version, output);
    call.exchange.Respond({304, HeadOf(call, output).headers, ""});
}

net::ResponseHead SuccessHead(const StreamCall& call, const GetResult& result) {
    net::ResponseHead head = HeadOf(call, DescribeResult(result, call.input));
    head.status = result.range ? 206 : 200;
    return head;
}

/// An object's body piece by piece: a stretch of a file where that saves copies, else bytes.
class Pieces {
  public:
    Pieces(net::BodyReader& body, uint64_t length, bool from_files)
        : body_(body), from_files_(from_files), size_(std::min<uint64_t>(length, kPiece)) {}

    /// Goes to the next piece, or the first; false at the end. Errors as BodyReader's.
    Result<bool> Next() {
        if (from_files_) {
            GYRE_ASSIGN(stretch_, body_.NextInFile(kPiece));
            if (stretch_) return true;
        }
        if (!room_) room_ = std::make_unique_for_overwrite<char[]>(size_);
        filled_ = 0;
        while (filled_ < size_) {
            const std::span<char> left(room_.get() + filled_, size_ - filled_);
            GYRE_ASSIGN(const size_t got, body_.Read(left));
            if (got == 0) break;
            filled_ += got;
        }
        return filled_ > 0;
    }
    /// Where the piece is not a stretch of a file.
    [[nodiscard]] std::string_view Bytes() const { return {room_.get(), filled_}; }
    [[nodiscard]] Status WriteTo(net::BodyWriter& writer) const {
        return stretch_ ? writer.WriteFrom(*stretch_) : writer.Write(Bytes());
    }

  private:
    net::BodyReader& body_;
    const bool from_files_;
    const size_t size_;
    std::optional<net::FileStretch> stretch_;
    std::unique_ptr<char[]> room_;
    size_t filled_ = 0;
};

/// Who may not list the bucket does not learn either that a key is not in it.
core::Error Concealed(const S3Room& room, const StreamCall& call, core::Error error) {
    if (error.wire_name != "NoSuchKey") return error;
    wire::CallContext context = call.context;
    context.facts.emplace_back("s3:prefix", Text(call.input, "Key"));
    const Status listed =
        room.Allowed(context, "s3:ListBucket", BucketResource(context, call.input));
    return listed ? error : listed.error();
}

Result<GetResult> Read(const S3Room& room, const StreamCall& call, const GetOptions& options) {
    auto result =
        room.store.GetObject(Text(call.input, "Bucket"), Text(call.input, "Key"), options);
    if (!result) return core::Fail(Concealed(room, call, std::move(result.error())));
    return result;
}

Status GetObject(const S3Room& room, StreamCall& call) {
    GYRE_ASSIGN(const GetResult result, Read(room, call, GetOptionsOf(call.input)));
    if (result.not_modified) {
        RespondNotModified(call, result.info);
        return {};
    }
    const bool whole = result.length <= kPiece;
    // Under TLS the bytes pass through this process in any case.
    Pieces pieces(*result.body, result.length, !whole && !call.exchange.Head().secure);
    // Read before the answer begins, so that damage found there is still an error answer.
    GYRE_ASSIGN(bool more, pieces.Next());
    net::ResponseHead head = SuccessHead(call, result);
    if (whole) {
        call.exchange.Respond({head.status, std::move(head.headers), std::string(pieces.Bytes())});
        return {};
    }
    const auto writer = call.exchange.RespondStream(std::move(head), result.length);
    while (more) {
        // The client is gone or too slow: nothing is left to say.
        if (!pieces.WriteTo(*writer)) return {};
        // An error leaves the answer cut off, so that the client does not take it for the whole.
        GYRE_ASSIGN(more, pieces.Next());
    }
    (void)writer->Finish();
    return {};
}

Status HeadObject(const S3Room& room, StreamCall& call) {
    GetOptions options = GetOptionsOf(call.input);
    options.with_body = false;
    GYRE_ASSIGN(const GetResult result, Read(room, call, options));
    if (result.not_modified) {
        RespondNotModified(call, result.info);
        return {};
    }
    net::ResponseHead head = SuccessHead(call, result);
    head.headers.Set("Content-Length", std::to_string(result.length));
    call.exchange.Respond({head.status, std::move(head.headers), ""});
    return {};
}

Result<Json> GetObjectAttributes(const S3Room& room, const wire::CallContext& context,
                                 const Json& input) {
    // They are read beside the object.
    GYRE_TRY(
        room.Allowed(context, kRead, ObjectResource(context, input), Text(input, "VersionId")));
    const auto asked = [&](std::string_view attribute) {
        const Json* names = core::JsonFind(input, "ObjectAttributes");
        return names != nullptr && names->is_array() &&
               std::ranges::find(names->get_array(), Json(attribute)) != names->get_array().end();
    };
    for (const Json& name : input.at("ObjectAttributes").as_array()) {
        constexpr std::array<std::string_view, 5> kKnown = {"ETag", "Checksum", "ObjectParts",
                                                            "StorageClass", "ObjectSize"};
        if (std::ranges::find(kKnown, std::string_view(name.as_string())) != kKnown.end()) continue;
        return core::Fail(InvalidArgument("Invalid attribute name specified.")
                              .With("ArgumentName", "x-amz-object-attributes")
                              .With("ArgumentValue", std::string(name.as_string())));
    }
    GYRE_ASSIGN(const int limit, PageLimit(input, "MaxParts"));
    const int after = NumberOf(input, "PartNumberMarker");
    GYRE_ASSIGN(const ObjectParts found,
                room.store.ListObjectParts(ObjectNameOf(input), after, limit));
    const ObjectInfo& info = found.object;
    JsonObject output{{"LastModified", core::EpochSeconds(info.modified)}};
    AddVersion(info.version, output);
    if (asked("ETag")) output["ETag"] = info.etag;
    if (asked("StorageClass")) output["StorageClass"] = "STANDARD";
    if (asked("ObjectSize")) output["ObjectSize"] = info.size;
    if (asked("Checksum") && !info.checksums.empty()) {
        JsonObject checksum;
        AddChecksums(info, checksum);
        output["Checksum"] = std::move(checksum);
    }
    if (!asked("ObjectParts") || info.parts == 0) return output;
    core::JsonArray parts;
    for (const PartInfo& part : found.parts) {
        JsonObject one{{"PartNumber", part.number}, {"Size", part.size}};
        AddChecksums(part.checksums, one);
        parts.emplace_back(std::move(one));
    }
    JsonObject object_parts{{"TotalPartsCount", info.parts},
                            {"PartNumberMarker", after},
                            {"MaxParts", limit},
                            {"IsTruncated", found.truncated}};
    if (!found.parts.empty()) object_parts["NextPartNumberMarker"] = found.parts.back().number;
    if (!parts.empty()) object_parts["Parts"] = std::move(parts);
    output["ObjectParts"] = std::move(object_parts);
    return output;
}

}  // namespace

void AddObjectActions(const S3ActionAdder& add) {
    add.Stream("PutObject", "s3:PutObject", ObjectResource, PutObject);
    add.Stream("GetObject", kRead, ObjectResource, GetObject);
    add.Document("GetObjectAttributes", "s3:GetObjectAttributes", ObjectResource,
                 GetObjectAttributes);
    add.Stream("HeadObject", kRead, ObjectResource, HeadObject);
}

}  // namespace gyre::objects::detail
