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
};

struct Bucket {
    std::string name;
    core::WallTime created{};
    std::string region;
};

using Base64Checksums = std::map<ChecksumAlgorithm, std::string>;

/// What a client says that a body sums up to.
struct ExpectedSums {
    std::string content_md5;    ///< base64; "" for none
    Base64Checksums checksums;  ///< given before the body
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

struct PutOptions {
    ObjectMetadata metadata;
    Conditions conditions;
    ExpectedSums expected;
    RequestedBy by;
};

struct GetOptions {
    Conditions conditions;
    std::string range;               ///< the Range header; "" for none
    std::optional<int> part_number;  ///< of a multipart object
    bool with_body = true;
};

struct GetResult {
    ObjectInfo info;
    bool not_modified = false;  ///< then there is no body
    /// What of the object the body holds, where it is not all.
    std::optional<ByteRange> range;
    uint64_t length = 0;  ///< of the body
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
};

struct CopyOptions {
    /// In place of the source's; nullopt to keep that.
    std::optional<ObjectMetadata> metadata;
    /// Where the source's is kept: the one thing of it that a copy never takes along.
    std::string website_redirect;
    Conditions conditions;                       ///< of what is at the target
    std::optional<ChecksumAlgorithm> algorithm;  ///< to be kept with the copy
    /// The request changes something that is not seen here, so a copy onto itself makes sense.
    bool changes = false;
    RequestedBy by;
};

/// One object of a batch to remove.
struct Removal {
    std::string key;
    Conditions conditions;
};

// Uploads in parts.

struct UploadId {
    std::string bucket;
    std::string key;
    std::string name;  ///< what clients know as the upload's id
};

struct UploadOptions {
    ObjectMetadata metadata;
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
