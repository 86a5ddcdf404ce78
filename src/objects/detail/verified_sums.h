#pragma once

#include "objects/checksum.h"
#include "objects/local_store.h"

namespace gyre::objects::detail {

/// What to compute while a body with those expectations comes in. Without any, CRC64NVME, as S3
/// does.
[[nodiscard]] std::set<ChecksumAlgorithm> AlgorithmsFor(const ExpectedSums& expected);

/// Refuses what is no base64 of the right length before a body is read. Errors: InvalidDigest,
/// InvalidRequest.
[[nodiscard]] core::Status CheckForm(const ExpectedSums& expected);

/// Compares after the body. Errors: InvalidDigest, BadDigest, InvalidRequest.
[[nodiscard]] core::Status Verify(const ExpectedSums& expected, const Checksummer::Sums& sums);

/// Base64 by name, as ObjectInfo has it.
[[nodiscard]] std::map<std::string, std::string> ToInfo(const Checksummer::Sums& sums);

}  // namespace gyre::objects::detail
