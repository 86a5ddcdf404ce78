#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/clock.h"
#include "net/exchange.h"
#include "objects/byte_range.h"
#include "objects/checksum.h"
#include "objects/conditions.h"
#include "objects/object_store.h"

namespace gyre::objects {

/// Who asks, for the events.
struct RequestedBy {
    std::string principal;
    std::string request_id;
    std::string source{};
};

/// Whether a bucket keeps what is replaced and removed in it.
enum class Versioning {
    kOff,        ///< and never did
    kEnabled,    ///< each put makes a new version, each removal a delete marker
    kSuspended,  ///< what is put takes the place of the null version; older ones stay
};

struct Bucket {
    std::string name;
    core::WallTime created{};
    std::string region;
    Versioning versioning = Versioning::kOff;
};

/// What a bucket or an object is tagged with, in the order it was given.
using Tags = std::vector<std::pair<std::string, std::string>>;

using Base64Checksums = std::map<ChecksumAlgorithm, std::string>;

/// What a client says that a body sums up to.
struct ExpectedSums {
    std::optional<std::string> content_md5;  ///< base64
    Base64Checksums checksums;               ///< given before the body
    /// Gives those that come after the body, once it was read to its end; may be empty.
    std::function<Base64Checksums()> trailing;
    /// To be kept; what is expected is kept too, and CRC64NVME where there is nothing else.
    std::set<ChecksumAlgorithm> algorithms;
};

struct ObjectMetadata {
    std::string content_type;
    std::map<std::string, std::string> system;  ///< "Cache-Control"…
    std::map<std::string, std::string> user;
};

/// One object of a bucket, or one of its versions.
struct ObjectName {
    std::string bucket;
    std::string key;
    std::string version;  ///< "" for the current one, "null" for the one put while none were kept
};

struct PutOptions {
    ObjectMetadata metadata;
    Tags tags;
    Acl acl = Acl::kPrivate;
    Conditions conditions;
    ExpectedSums expected;
    RequestedBy by;
    std::string event = "ObjectCreated:Put";  ///< what the event is called
};

struct GetOptions {
    Conditions conditions;
    std::string range;               ///< the Range header; "" for none
    std::optional<int> part_number;  ///< of a multipart object
    std::string version;             ///< as ObjectName's
    bool with_body = true;
};

struct GetResult {
    ObjectInfo info;
    bool not_modified = false;  ///< then there is no body
    /// What of the object the body holds, where it is not all.
    std::optional<ByteRange> range;
    uint64_t length = 0;  ///< of the body
    /// Of the part that was asked for, where there is one.
    std::map<std::string, std::string> part_checksums;
    std::unique_ptr<net::BodyReader> body;
};

struct ListRequest {
    std::string bucket;
    std::string prefix;
    std::string delimiter;
    std::string start_after;  ///< a key, or a common prefix of an earlier page
    std::string token;        ///< of the page before; outranks start_after
    int limit = 1000;
};

struct ListPage {
    std::vector<ObjectInfo> objects;  ///< without metadata
    std::vector<std::string> common_prefixes;
    bool truncated = false;
    std::string next_token;
    std::string last;  ///< the last key or common prefix: V1's marker
};

/// Where a copy takes its bytes from.
struct CopySource {
    std::string bucket;
    std::string key;
    Conditions conditions;
    /// "bytes=0-9", for a copy into a part; "" for all.
    std::string range;
    std::string version;  ///< as ObjectName's
};

struct CopyOptions {
    /// In place of the source's; nullopt to keep that.
    std::optional<ObjectMetadata> metadata;
    std::optional<Tags> tags;  ///< likewise
    Acl acl = Acl::kPrivate;   ///< of the copy: the source's is never taken along
    /// Where the source's is kept: the one thing of it that a copy never takes along.
    std::string website_redirect;
    Conditions conditions;                       ///< of what is at the target
    std::optional<ChecksumAlgorithm> algorithm;  ///< to be kept with the copy
    /// The request changes something that is not seen here, so a copy onto itself makes sense.
    bool changes = false;
    RequestedBy by;
};

struct CopyResult {
    ObjectInfo info;             ///< of the copy
    std::string source_version;  ///< as ObjectInfo's
};

/// One object to remove.
struct Removal {
    std::string key;
    Conditions conditions;
    std::string version;  ///< as ObjectName's; one that is named is gone for good
};

/// What a removal did.
struct Removed {
    /// Of the version that went or of the delete marker that was made; "" where none are kept.
    std::string version;
    bool marker = false;  ///< it was, or is, a delete marker
};

struct VersionListRequest {
    std::string bucket;
    std::string prefix;
    std::string delimiter;
    std::string after_key;      ///< or a common prefix of an earlier page
    std::string after_version;  ///< of that key; counts only with after_key
    int limit = 1000;
};

struct ListedVersion {
    ObjectInfo info;  ///< without metadata
    bool marker = false;
    bool latest = false;
};

struct VersionPage {
    std::vector<ListedVersion> versions;  ///< by key, of one key the newest first
    std::vector<std::string> common_prefixes;
    bool truncated = false;
    std::string last_key;      ///< or the last common prefix
    std::string last_version;  ///< "" after a common prefix
};

// Uploads in parts.

struct UploadId {
    std::string bucket;
    std::string key;
    std::string name;  ///< what clients know as the upload's id
};

struct UploadOptions {
    ObjectMetadata metadata;
    Tags tags;
    Acl acl = Acl::kPrivate;
    /// Of the whole object. Without one it is a CRC64NVME over all bytes, as in S3.
    std::optional<ChecksumAlgorithm> algorithm;
    std::optional<ChecksumType> type;  ///< else the algorithm's own
    std::string initiator;             ///< the caller's ARN
};

struct UploadInfo {
    UploadId id;
    core::WallTime initiated{};
    std::optional<ChecksumAlgorithm> algorithm;  ///< as asked for
    ChecksumType type = ChecksumType::kFullObject;
    std::string initiator;
};

struct PartInfo {
    int number = 0;
    uint64_t size = 0;
    std::string etag;  ///< without quotes
    core::WallTime modified{};
    std::map<std::string, std::string> checksums;  ///< as ObjectInfo's
};

struct CopyPartResult {
    PartInfo part;
    std::string source_version;  ///< as ObjectInfo's
};

/// A part as the client that completes an upload lists it.
struct ListedPart {
    int number = 0;
    std::string etag;  ///< with or without quotes
    Base64Checksums checksums;
};

struct CompleteOptions {
    std::vector<ListedPart> parts;
    Base64Checksums checksums;  ///< of the whole object; checked
    std::optional<ChecksumType> type;
    std::optional<uint64_t> size;  ///< that the parts must add up to
    Conditions conditions;
    RequestedBy by;
};

struct PartPage {
    UploadInfo upload;
    std::vector<PartInfo> parts;
    bool truncated = false;
};

struct ObjectParts {
    ObjectInfo object;
    std::vector<PartInfo> parts;
    bool truncated = false;
};

struct UploadListRequest {
    std::string bucket;
    std::string prefix;
    std::string delimiter;
    std::string after_key;   ///< or a common prefix of an earlier page
    std::string after_name;  ///< of that key; counts only with after_key
    int limit = 1000;
};

struct UploadPage {
    std::vector<UploadInfo> uploads;  ///< by key, then by age
    std::vector<std::string> common_prefixes;
    bool truncated = false;
    std::string last_key;   ///< or the last common prefix
    std::string last_name;  ///< "" after a common prefix
};

}  // namespace gyre::objects
