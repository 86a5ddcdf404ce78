#pragma once

#include <optional>
#include <string>

#include "core/json.h"
#include "objects/local_store.h"
#include "wire/action.h"

namespace gyre::objects::detail {

// What handlers read from the input document and write into the output document, whose members are
// named as in the service model.

/// "" where it is absent.
[[nodiscard]] std::string Text(const core::Json& input, std::string_view member);
[[nodiscard]] std::optional<core::WallTime> Time(const core::Json& input, std::string_view member);

[[nodiscard]] std::string BucketArn(const std::string& bucket);
[[nodiscard]] std::string ObjectArn(const std::string& bucket, const std::string& key);
/// For Action::resource.
[[nodiscard]] std::string BucketResource(const wire::CallContext& context, const core::Json& input);
[[nodiscard]] std::string ObjectResource(const wire::CallContext& context, const core::Json& input);

/// The ExpectedBucketOwner member, where it is there. Errors: AccessDenied.
[[nodiscard]] core::Status CheckOwner(const wire::CallContext& context, const core::Json& input);

[[nodiscard]] RequestedBy By(const wire::CallContext& context);

/// `prefix` is "" or "CopySource".
[[nodiscard]] Conditions ConditionsOf(const core::Json& input, const std::string& prefix = "");
[[nodiscard]] ObjectMetadata MetadataOf(const core::Json& input);

/// The Checksum… members that are there. Errors: InvalidRequest for an algorithm that is not kept.
[[nodiscard]] core::Result<Base64Checksums> ChecksumsOf(const core::Json& input);
/// The ChecksumAlgorithm member. Errors as above.
[[nodiscard]] core::Result<std::optional<ChecksumAlgorithm>> AlgorithmOf(const core::Json& input);
/// Those of a body: headers, and the trailers that its reader brings.
[[nodiscard]] core::Result<ExpectedSums> ExpectedOf(const wire::StreamCall& call);

[[nodiscard]] std::string Quoted(std::string_view etag);
void AddChecksums(const ObjectInfo& info, core::JsonObject& output);
/// "FULL_OBJECT" or "COMPOSITE".
[[nodiscard]] std::string_view ChecksumType(const ObjectInfo& info);
/// ETag, LastModified, ContentType, metadata: what GetObject and HeadObject answer alike.
[[nodiscard]] core::JsonObject DescribeObject(const ObjectInfo& info);

}  // namespace gyre::objects::detail
