#include "objects/detail/s3_members.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "access/condition.h"
#include "access/decoded_body.h"
#include "objects/detail/s3_errors.h"
#include "wire/protocol.h"

namespace gyre::objects::detail {
namespace {

struct SystemMember {
    std::string_view member;
    std::string_view header;
};
constexpr std::array<SystemMember, 6> kSystemMembers = {{
    {"CacheControl", "Cache-Control"},
    {"ContentDisposition", "Content-Disposition"},
    {"ContentEncoding", "Content-Encoding"},
    {"ContentLanguage", "Content-Language"},
    {"Expires", "Expires"},
    {"WebsiteRedirectLocation", "x-amz-website-redirect-location"},
}};

constexpr size_t kMostMetadata = 2048;  // bytes of names and values
constexpr int64_t kLongestPage = 1000;

core::Error NoAlgorithm(std::string_view algorithm) {
    return InvalidRequest(
               "Checksum algorithm provided is unsupported. Please try again with any of "
               "the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256, SHA512, MD5, "
               "XXHASH64, XXHASH3, XXHASH128]")
        .With("ArgumentValue", std::string(algorithm));
}

constexpr std::string_view kComposite = "COMPOSITE";
constexpr std::string_view kFullObject = "FULL_OBJECT";

std::string_view HeaderPrefix() {
    return "x-amz-checksum-";
}

}  // namespace

std::string WithoutAwsChunked(std::string_view encodings) {
    std::string kept;
    while (!encodings.empty()) {
        const size_t comma = encodings.find(',');
        std::string_view one = encodings.substr(0, comma);
        encodings.remove_prefix(comma == std::string_view::npos ? encodings.size() : comma + 1);
        while (one.starts_with(' ')) one.remove_prefix(1);
        while (one.ends_with(' ')) one.remove_suffix(1);
        if (one.empty() || net::EqualsIgnoreCase(one, "aws-chunked")) continue;
        kept += (kept.empty() ? "" : ", ") + std::string(one);
    }
    return kept;
}

std::string Text(const core::Json& input, std::string_view member) {
    return core::JsonStringOr(input, member);
}

std::optional<core::WallTime> Time(const core::Json& input, std::string_view member) {
    const auto seconds = core::JsonDouble(input, member);
    if (!seconds) return std::nullopt;
    return core::WallTime(core::milliseconds(std::llround(*seconds * 1000)));
}

int NumberOf(const core::Json& input, std::string_view member) {
    using Limits = std::numeric_limits<int>;
    const int64_t number = core::JsonInt(input, member).value_or(0);
    return static_cast<int>(std::clamp<int64_t>(number, Limits::min(), Limits::max()));
}

UploadId UploadIdOf(const core::Json& input) {
    return {Text(input, "Bucket"), Text(input, "Key"), Text(input, "UploadId")};
}

int PartNumberOf(const core::Json& input) {
    return NumberOf(input, "PartNumber");
}

std::string BucketArn(const std::string& bucket) {
    return "arn:aws:s3:::" + bucket;
}

std::string ObjectArn(const std::string& bucket, const std::string& key) {
    return BucketArn(bucket) + "/" + key;
}

std::string BucketResource(const wire::CallContext&, const core::Json& input) {
    return BucketArn(Text(input, "Bucket"));
}

std::string ObjectResource(const wire::CallContext&, const core::Json& input) {
    return ObjectArn(Text(input, "Bucket"), Text(input, "Key"));
}

std::string ForVersion(std::string permission, std::string_view version) {
    constexpr std::string_view kObject = "Object";
    const size_t object = permission.find(kObject);
    if (version.empty() || object == std::string::npos) return permission;
    return permission.insert(object + kObject.size(), "Version");
}

core::Status CheckOwner(const std::string& account, const core::Json& input) {
    const auto expected = core::JsonString(input, "ExpectedBucketOwner");
    if (!expected || *expected == account) return {};
    return core::Fail(
        S3Error(core::Code::kPermissionDenied, 403, "AccessDenied",
                "Access Denied: the bucket does not belong to account " + std::string(*expected)));
}

RequestedBy By(const wire::CallContext& context) {
    const auto source = access::FindContext(context.facts, "aws:SourceIp");
    return {context.caller.arn, context.request_id, source.value_or("")};
}

Conditions ConditionsOf(const core::Json& input, const std::string& prefix) {
    return {Text(input, prefix + "IfMatch"), Text(input, prefix + "IfNoneMatch"),
            Time(input, prefix + "IfModifiedSince"), Time(input, prefix + "IfUnmodifiedSince")};
}

core::Result<ObjectMetadata> MetadataOf(const core::Json& input) {
    ObjectMetadata metadata;
    metadata.content_type = Text(input, "ContentType");
    if (metadata.content_type.empty()) metadata.content_type = "binary/octet-stream";
    for (const auto& [member, header] : kSystemMembers) {
        std::string value = Text(input, member);
        if (member == "ContentEncoding") value = WithoutAwsChunked(value);
        if (!value.empty()) metadata.system.emplace(header, std::move(value));
    }
    size_t size = 0;
    const core::Json* user = core::JsonFind(input, "Metadata");
    if (user != nullptr && user->is_object()) {
        for (const auto& [name, value] : user->get_object()) {
            if (!value.is_string()) continue;
            size += name.size() + value.get_string().size();
            metadata.user.emplace(name, value.get_string());
        }
    }
    if (size > kMostMetadata) {
        return core::Fail(S3Error(core::Code::kInvalidArgument, 400, "MetadataTooLarge",
                                  "Your metadata headers exceed the maximum allowed metadata size")
                              .With("Size", std::to_string(size))
                              .With("MaxSizeAllowed", std::to_string(kMostMetadata)));
    }
    return metadata;
}

core::Result<Base64Checksums> ChecksumsOf(const core::Json& input) {
    Base64Checksums checksums;
    for (const ChecksumAlgorithm algorithm : AllChecksums()) {
        std::string value = Text(input, "Checksum" + std::string(ChecksumName(algorithm)));
        if (!value.empty()) checksums.emplace(algorithm, std::move(value));
    }
    return checksums;
}

core::Result<Base64Checksums> ChecksumHeadersOf(const net::RequestHead& head) {
    Base64Checksums checksums;
    for (const ChecksumAlgorithm algorithm : AllChecksums()) {
        const std::string name = std::string(HeaderPrefix()) + std::string(ChecksumName(algorithm));
        if (const auto value = head.headers.Find(name)) checksums.emplace(algorithm, *value);
    }
    return checksums;
}

core::Result<std::optional<ChecksumAlgorithm>> AlgorithmOf(const core::Json& input) {
    const std::string name = Text(input, "ChecksumAlgorithm");
    if (name.empty()) return std::nullopt;
    const auto algorithm = ChecksumByName(name);
    if (!algorithm) return core::Fail(NoAlgorithm(name));
    return algorithm;
}

core::Result<std::optional<ChecksumType>> ChecksumTypeOf(const core::Json& input) {
    const std::string name = Text(input, "ChecksumType");
    if (name.empty()) return std::nullopt;
    if (name == kFullObject) return ChecksumType::kFullObject;
    if (name == kComposite) return ChecksumType::kComposite;
    return core::Fail(InvalidRequest("Value for x-amz-checksum-type header is invalid."));
}

core::Status CheckLength(const net::RequestHead& head) {
    if (head.headers.Find("Content-Length") || head.headers.Find("Transfer-Encoding")) return {};
    return core::Fail(MissingLength());
}

core::Result<ExpectedSums> ExpectedOf(const wire::StreamCall& call) {
    ExpectedSums expected;
    if (const auto md5 = call.head.headers.Find("Content-MD5")) expected.content_md5 = *md5;
    GYRE_ASSIGN(expected.checksums, ChecksumsOf(call.input));
    GYRE_ASSIGN(const auto named, AlgorithmOf(call.input));
    if (named) expected.algorithms.insert(*named);
    const std::string_view announced = call.head.headers.Get("x-amz-trailer");
    for (const ChecksumAlgorithm algorithm : AllChecksums()) {
        const std::string name = std::string(HeaderPrefix()) + std::string(ChecksumName(algorithm));
        if (net::EqualsIgnoreCase(announced, name)) expected.algorithms.insert(algorithm);
    }
    expected.trailing = [&body = call.body] {
        Base64Checksums checksums;
        for (const auto& [name, value] : access::TrailersOf(body)) {
            const std::string_view start = std::string_view(name).substr(0, HeaderPrefix().size());
            if (!net::EqualsIgnoreCase(start, HeaderPrefix())) continue;
            const auto algorithm = ChecksumByName(std::string_view(name).substr(start.size()));
            if (algorithm) checksums.emplace(*algorithm, value);
        }
        return checksums;
    };
    return expected;
}

core::Result<int> PageLimit(const core::Json& input, std::string_view member) {
    const int64_t limit = core::JsonInt(input, member).value_or(kLongestPage);
    if (limit >= 0) return static_cast<int>(std::min(limit, kLongestPage));
    return core::Fail(InvalidArgument("Argument " + std::string(member) +
                                      " must be an integer between 0 and 2147483647"));
}

void Answer(const wire::StreamCall& call, const core::JsonObject& output) {
    call.exchange.Respond(wire::WriteOutput(call.context.service, call.context.operation, output,
                                            call.context.request_id));
}

std::string Quoted(std::string_view etag) {
    return '"' + std::string(etag) + '"';
}

std::string_view ChecksumTypeName(const ObjectInfo& info) {
    return info.composite_checksum ? kComposite : kFullObject;
}

core::JsonObject OwnerOf(const std::string& account) {
    return {{"ID", account}, {"DisplayName", account}};
}

void AddVersion(const std::string& version, core::JsonObject& output) {
    if (!version.empty()) output["VersionId"] = version;
}

void AddNewVersion(const std::string& version, core::JsonObject& output) {
    if (version != "null") AddVersion(version, output);
}

ObjectName ObjectNameOf(const core::Json& input) {
    return {Text(input, "Bucket"), Text(input, "Key"), Text(input, "VersionId")};
}

void AddChecksums(const ObjectInfo& info, core::JsonObject& output) {
    if (info.checksums.empty()) return;
    AddChecksums(info.checksums, output);
    output["ChecksumType"] = ChecksumTypeName(info);
}

void AddChecksums(const std::map<std::string, std::string>& checksums, core::JsonObject& output) {
    for (const auto& [name, value] : checksums) output["Checksum" + name] = value;
}

void AddAlgorithm(const UploadInfo& upload, core::JsonObject& output) {
    if (!upload.algorithm) return;
    output["ChecksumAlgorithm"] = ChecksumName(*upload.algorithm);
    output["ChecksumType"] = upload.type == ChecksumType::kComposite ? kComposite : kFullObject;
}

core::JsonObject DescribeObject(const ObjectInfo& info) {
    core::JsonObject output;
    output["AcceptRanges"] = "bytes";
    output["LastModified"] = core::EpochSeconds(info.modified);
    output["ETag"] = Quoted(info.etag);
    output["ContentType"] = info.content_type;
    AddVersion(info.version, output);
    if (!info.tags.empty()) output["TagCount"] = info.tags.size();
    for (const auto& [member, header] : kSystemMembers) {
        const auto found = info.system_metadata.find(std::string(header));
        if (found != info.system_metadata.end()) output[member] = found->second;
    }
    if (!info.user_metadata.empty()) {
        core::JsonObject user;
        for (const auto& [name, value] : info.user_metadata) user[name] = value;
        output["Metadata"] = std::move(user);
    }
    return output;
}

}  // namespace gyre::objects::detail
