#include "objects/detail/name_encoding.h"
#include "objects/detail/s3_action_groups.h"
#include "objects/detail/s3_errors.h"
#include "objects/detail/s3_members.h"

namespace gyre::objects::detail {
namespace {

using core::Json;
using core::JsonArray;
using core::JsonObject;
using core::Result;
using wire::CallContext;

JsonArray DescribePrefixes(const std::vector<std::string>& prefixes, const NameEncoding& encode) {
    JsonArray described;
    for (const std::string& prefix : prefixes) {
        described.emplace_back(JsonObject{{"Prefix", encode(prefix)}});
    }
    return described;
}

/// Which checksums a listed object has.
void AddAlgorithms(const ObjectInfo& info, JsonObject& output) {
    if (info.checksums.empty()) return;
    JsonArray algorithms;
    for (const auto& [name, value] : info.checksums) algorithms.emplace_back(name);
    output["ChecksumAlgorithm"] = std::move(algorithms);
    output["ChecksumType"] = ChecksumTypeName(info);
}

Result<ListRequest> RequestOf(const Json& input) {
    ListRequest request;
    request.bucket = Text(input, "Bucket");
    request.prefix = Text(input, "Prefix");
    request.delimiter = Text(input, "Delimiter");
    GYRE_ASSIGN(request.limit, PageLimit(input, "MaxKeys"));
    return request;
}

/// What both versions answer alike.
JsonObject Describe(const ListPage& page, const ListRequest& request, const NameEncoding& encode,
                    const std::string& owner) {
    JsonArray contents;
    for (const ObjectInfo& info : page.objects) {
        JsonObject one{{"Key", encode(info.key)},
                       {"LastModified", core::EpochSeconds(info.modified)},
                       {"ETag", Quoted(info.etag)},
                       {"Size", info.size},
                       {"StorageClass", "STANDARD"}};
        AddAlgorithms(info, one);
        if (!owner.empty()) one["Owner"] = OwnerOf(owner);
        contents.emplace_back(std::move(one));
    }
    JsonArray prefixes = DescribePrefixes(page.common_prefixes, encode);
    JsonObject output{{"Name", request.bucket},
                      {"Prefix", encode(request.prefix)},
                      {"MaxKeys", request.limit},
                      {"IsTruncated", page.truncated}};
    if (!request.delimiter.empty()) output["Delimiter"] = encode(request.delimiter);
    encode.Describe(output);
    if (!contents.empty()) output["Contents"] = std::move(contents);
    if (!prefixes.empty()) output["CommonPrefixes"] = std::move(prefixes);
    return output;
}

Result<Json> ListObjectsV2(const S3Room& room, const CallContext&, const Json& input) {
    GYRE_ASSIGN(ListRequest request, RequestOf(input));
    GYRE_ASSIGN(const NameEncoding encode, NameEncoding::Of(input));
    request.start_after = Text(input, "StartAfter");
    request.token = Text(input, "ContinuationToken");
    GYRE_ASSIGN(const ListPage page, room.store.ListObjects(request));
    const bool with_owner = core::JsonBool(input, "FetchOwner").value_or(false);
    JsonObject output = Describe(page, request, encode, with_owner ? room.options.account : "");
    output["KeyCount"] = page.objects.size() + page.common_prefixes.size();
    if (const auto token = core::JsonString(input, "ContinuationToken")) {
        output["ContinuationToken"] = *token;
    }
    if (!request.start_after.empty()) output["StartAfter"] = encode(request.start_after);
    if (page.truncated) output["NextContinuationToken"] = page.next_token;
    return output;
}

Result<Json> ListObjects(const S3Room& room, const CallContext&, const Json& input) {
    GYRE_ASSIGN(ListRequest request, RequestOf(input));
    GYRE_ASSIGN(const NameEncoding encode, NameEncoding::Of(input));
    request.start_after = Text(input, "Marker");
    GYRE_ASSIGN(const ListPage page, room.store.ListObjects(request));
    JsonObject output = Describe(page, request, encode, room.options.account);
    output["Marker"] = encode(request.start_after);
    // Without a delimiter the last key itself is the next marker, as clients know.
    if (page.truncated && !request.delimiter.empty()) output["NextMarker"] = encode(page.last);
    return output;
}

UploadListRequest UploadRequestOf(const Json& input, int limit) {
    UploadListRequest request;
    request.bucket = Text(input, "Bucket");
    request.prefix = Text(input, "Prefix");
    request.delimiter = Text(input, "Delimiter");
    request.after_key = Text(input, "KeyMarker");
    request.after_name = Text(input, "UploadIdMarker");
    request.limit = limit;
    return request;
}

Json DescribeUpload(const UploadInfo& upload, const NameEncoding& encode,
                    const std::string& owner) {
    JsonObject one{{"UploadId", upload.id.name},
                   {"Key", encode(upload.id.key)},
                   {"Initiated", core::EpochSeconds(upload.initiated)},
                   {"StorageClass", "STANDARD"},
                   {"Owner", OwnerOf(owner)},
                   {"Initiator", JsonObject{{"ID", upload.initiator}}}};
    AddAlgorithm(upload, one);
    return one;
}

Result<Json> ListMultipartUploads(const S3Room& room, const CallContext&, const Json& input) {
    GYRE_ASSIGN(const int limit, PageLimit(input, "MaxUploads"));
    GYRE_ASSIGN(const NameEncoding encode, NameEncoding::Of(input));
    const UploadListRequest request = UploadRequestOf(input, limit);
    GYRE_ASSIGN(const UploadPage page, room.store.ListUploads(request));
    JsonArray uploads;
    for (const UploadInfo& upload : page.uploads) {
        uploads.emplace_back(DescribeUpload(upload, encode, room.options.account));
    }
    JsonObject output{{"Bucket", request.bucket},
                      {"KeyMarker", encode(request.after_key)},
                      {"UploadIdMarker", request.after_name},
                      {"Prefix", encode(request.prefix)},
                      {"MaxUploads", limit},
                      {"IsTruncated", page.truncated}};
    if (page.truncated) {
        output["NextKeyMarker"] = encode(page.last_key);
        output["NextUploadIdMarker"] = page.last_name;
    }
    if (!request.delimiter.empty()) output["Delimiter"] = encode(request.delimiter);
    encode.Describe(output);
    if (!uploads.empty()) output["Uploads"] = std::move(uploads);
    JsonArray prefixes = DescribePrefixes(page.common_prefixes, encode);
    if (!prefixes.empty()) output["CommonPrefixes"] = std::move(prefixes);
    return output;
}

Json DescribeVersion(const ListedVersion& version, const NameEncoding& encode,
                     const std::string& owner) {
    const ObjectInfo& info = version.info;
    JsonObject one{{"Key", encode(info.key)},
                   {"VersionId", info.version},
                   {"IsLatest", version.latest},
                   {"LastModified", core::EpochSeconds(info.modified)},
                   {"Owner", OwnerOf(owner)}};
    if (version.marker) return one;
    one["ETag"] = Quoted(info.etag);
    one["Size"] = info.size;
    one["StorageClass"] = "STANDARD";
    AddAlgorithms(info, one);
    return one;
}

Result<Json> ListObjectVersions(const S3Room& room, const CallContext&, const Json& input) {
    GYRE_ASSIGN(const NameEncoding encode, NameEncoding::Of(input));
    VersionListRequest request;
    request.bucket = Text(input, "Bucket");
    request.prefix = Text(input, "Prefix");
    request.delimiter = Text(input, "Delimiter");
    request.after_key = Text(input, "KeyMarker");
    request.after_version = Text(input, "VersionIdMarker");
    GYRE_ASSIGN(request.limit, PageLimit(input, "MaxKeys"));
    if (request.after_key.empty() && !request.after_version.empty()) {
        return core::Fail(
            InvalidArgument("A version-id marker cannot be specified without a key marker."));
    }
    GYRE_ASSIGN(const VersionPage page, room.store.ListVersions(request));
    JsonArray versions;
    JsonArray markers;
    for (const ListedVersion& version : page.versions) {
        (version.marker ? markers : versions)
            .emplace_back(DescribeVersion(version, encode, room.options.account));
    }
    JsonObject output{{"Name", request.bucket},
                      {"Prefix", encode(request.prefix)},
                      {"KeyMarker", encode(request.after_key)},
                      {"VersionIdMarker", request.after_version},
                      {"MaxKeys", request.limit},
                      {"IsTruncated", page.truncated}};
    if (page.truncated) {
        output["NextKeyMarker"] = encode(page.last_key);
        if (!page.last_version.empty()) output["NextVersionIdMarker"] = page.last_version;
    }
    if (!request.delimiter.empty()) output["Delimiter"] = encode(request.delimiter);
    encode.Describe(output);
    if (!versions.empty()) output["Versions"] = std::move(versions);
    if (!markers.empty()) output["DeleteMarkers"] = std::move(markers);
    JsonArray prefixes = DescribePrefixes(page.common_prefixes, encode);
    if (!prefixes.empty()) output["CommonPrefixes"] = std::move(prefixes);
    return output;
}

}  // namespace

void AddListActions(const S3ActionAdder& add) {
    add.Document("ListObjectsV2", "s3:ListBucket", BucketResource, ListObjectsV2);
    add.Document("ListObjects", "s3:ListBucket", BucketResource, ListObjects);
    add.Document("ListMultipartUploads", "s3:ListBucketMultipartUploads", BucketResource,
                 ListMultipartUploads);
    add.Document("ListObjectVersions", "s3:ListBucketVersions", BucketResource, ListObjectVersions);
}

}  // namespace gyre::objects::detail
