#pragma once

#include <optional>
#include <string>

#include "core/json.h"
#include "objects/local_store.h"
#include "wire/action.h"

namespace gyre::objects::detail {

// What handlers read from the input document and write into the output document, whose members are
// named as in the service model.

/// A Content-Encoding without "aws-chunked": how a body was framed on its way is no property of the
/// object.
[[nodiscard]] std::string WithoutAwsChunked(std::string_view encodings);
/// "" where it is absent.
[[nodiscard]] std::string Text(const core::Json& input, std::string_view member);
[[nodiscard]] std::optional<core::WallTime> Time(const core::Json& input, std::string_view member);

/// A number beyond int's range counts as its nearest; 0 where it is absent.
[[nodiscard]] int NumberOf(const core::Json& input, std::string_view member);
/// The Bucket, Key and UploadId members.
[[nodiscard]] UploadId UploadIdOf(const core::Json& input);
[[nodiscard]] int PartNumberOf(const core::Json& input);

[[nodiscard]] std::string BucketArn(const std::string& bucket);
[[nodiscard]] std::string ObjectArn(const std::string& bucket, const std::string& key);
/// For Action::resource.
[[nodiscard]] std::string BucketResource(const wire::CallContext& context, const core::Json& input);
[[nodiscard]] std::string ObjectResource(const wire::CallContext& context, const core::Json& input);

/// The permission that takes the other's place where a version is named:
/// "s3:GetObjectVersionTagging" for "s3:GetObjectTagging".
[[nodiscard]] std::string ForVersion(std::string permission, std::string_view version);

/// The ExpectedBucketOwner member, where it is there, is the account that owns all buckets. Errors:
/// AccessDenied.
[[nodiscard]] core::Status CheckOwner(const std::string& account, const core::Json& input);

[[nodiscard]] RequestedBy By(const wire::CallContext& context);

/// `prefix` is "" or "CopySource".
[[nodiscard]] Conditions ConditionsOf(const core::Json& input, const std::string& prefix = "");
/// Errors: MetadataTooLarge.
[[nodiscard]] core::Result<ObjectMetadata> MetadataOf(const core::Json& input);

/// The Checksum… members that are there. Errors: InvalidRequest.
[[nodiscard]] core::Result<Base64Checksums> ChecksumsOf(const core::Json& input);
/// The same from x-amz-checksum-… headers, where the model has no such members.
[[nodiscard]] core::Result<Base64Checksums> ChecksumHeadersOf(const net::RequestHead& head);
/// The ChecksumAlgorithm member. Errors as above.
[[nodiscard]] core::Result<std::optional<ChecksumAlgorithm>> AlgorithmOf(const core::Json& input);
/// The ChecksumType member. Errors: InvalidRequest.
[[nodiscard]] core::Result<std::optional<ChecksumType>> ChecksumTypeOf(const core::Json& input);
/// Errors: MissingContentLength for a head that says neither how long its body is nor that the body
/// tells its end. HTTP takes such a body for empty, which an object or part should not be by
/// mistake.
[[nodiscard]] core::Status CheckLength(const net::RequestHead& head);
/// Those of a body: headers, and the trailers that its reader brings.
[[nodiscard]] core::Result<ExpectedSums> ExpectedOf(const wire::StreamCall& call);

/// The member that says how long a page of a listing may be, at most 1000. Errors:
/// InvalidArgument.
[[nodiscard]] core::Result<int> PageLimit(const core::Json& input, std::string_view member);

/// Answers with that output document, whole.
void Answer(const wire::StreamCall& call, const core::JsonObject& output);

[[nodiscard]] std::string Quoted(std::string_view etag);
/// The account that owns everything here, as an Owner or Grantee member.
[[nodiscard]] core::JsonObject OwnerOf(const std::string& account);
/// The VersionId member, where there is one.
void AddVersion(const std::string& version, core::JsonObject& output);
/// The same for what was just put: S3 does not name the null version there.
void AddNewVersion(const std::string& version, core::JsonObject& output);
/// The Bucket, Key and VersionId members.
[[nodiscard]] ObjectName ObjectNameOf(const core::Json& input);
void AddChecksums(const ObjectInfo& info, core::JsonObject& output);
/// The Checksum… members only.
void AddChecksums(const std::map<std::string, std::string>& checksums, core::JsonObject& output);
/// The checksum algorithm and type that an upload was begun with.
void AddAlgorithm(const UploadInfo& upload, core::JsonObject& output);
/// "FULL_OBJECT" or "COMPOSITE".
[[nodiscard]] std::string_view ChecksumTypeName(const ObjectInfo& info);
/// ETag, LastModified, ContentType, metadata: what GetObject and HeadObject answer alike.
[[nodiscard]] core::JsonObject DescribeObject(const ObjectInfo& info);

}  // namespace gyre::objects::detail
