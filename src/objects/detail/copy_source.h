#pragma once

#include <string_view>

#include "core/result.h"
#include "objects/store_requests.h"

namespace gyre::objects::detail {

/// An x-amz-copy-source header: "bucket/key" or "/bucket/key", percent-encoded. Errors:
/// InvalidArgument; NotImplemented for a version and for an access point's ARN.
[[nodiscard]] core::Result<CopySource> ParseCopySource(std::string_view header);

}  // namespace gyre::objects::detail
