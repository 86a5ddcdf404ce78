#pragma once

#include <string>

#include "core/json.h"

namespace gyre::cli::detail {

/// How far a transform job is, of DescribeTransformJob's member Progress: "12 of 60 objects,
/// 3.1 MB of 9.0 MB, 120 records/s, 1.2 MB/s, 5 s left"; "" where it says nothing yet.
[[nodiscard]] std::string ProgressText(const core::Json& job);

}  // namespace gyre::cli::detail
