#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "objects/detail/upload_row.h"
#include "objects/store_requests.h"

namespace gyre::objects::detail {

// S3's rules for uploads in parts, as functions over values.

/// Errors: InvalidArgument outside 1 to 10,000.
[[nodiscard]] core::Status CheckPartNumber(int number);

/// What the checksum of the whole is of. Errors: InvalidRequest for an algorithm that cannot be so.
[[nodiscard]] core::Result<ChecksumType> TypeOfWhole(std::optional<ChecksumAlgorithm> algorithm,
                                                     std::optional<ChecksumType> type);

/// A part of an upload with a checksum algorithm carries no other. Errors: InvalidRequest.
[[nodiscard]] core::Status CheckPartAlgorithms(std::optional<ChecksumAlgorithm> algorithm,
                                               const ExpectedSums& expected);

/// The parts of `stored` that a client lists, in its order. Errors: MalformedXML (none),
/// InvalidPartOrder, InvalidPart, EntityTooSmall, InvalidRequest.
[[nodiscard]] core::Result<std::vector<const PartRow*>> ChooseParts(
    const UploadRow& upload, const std::vector<PartRow>& stored, const CompleteOptions& options);

/// "…-N" of parts with those entity tags.
[[nodiscard]] std::string TagOfWhole(const std::vector<std::string>& part_tags);

/// Size, entity tag and checksum of the object that the parts make, into `object`. Errors:
/// InvalidRequest, BadDigest where the client expects another.
[[nodiscard]] core::Status DescribeWhole(const UploadRow& upload,
                                         const std::vector<const PartRow*>& parts,
                                         const CompleteOptions& options, ObjectInfo& object);

/// Without the quotes that clients may send.
[[nodiscard]] std::string Unquoted(std::string_view etag);

}  // namespace gyre::objects::detail
