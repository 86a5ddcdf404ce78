#pragma once

#include <string_view>

#include "core/result.h"

namespace gyre::objects {

/// S3's rules for a general-purpose bucket's name. Errors: InvalidBucketName.
[[nodiscard]] core::Status CheckBucketName(std::string_view name);

/// 1 to 1024 bytes of UTF-8. Errors: KeyTooLongError, InvalidArgument.
[[nodiscard]] core::Status CheckKey(std::string_view key);

}  // namespace gyre::objects
