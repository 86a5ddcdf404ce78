#pragma once

#include <filesystem>
#include <string>

#include "core/result.h"

namespace gyre::server {

/// The token of faces whose clients do not sign: `configured`, or what `file` holds, or a new one
/// that is written there for its owner's eyes only. Errors: the file cannot be read or written, or
/// is empty.
[[nodiscard]] core::Result<std::string> InferenceToken(const std::string& configured,
                                                       const std::filesystem::path& file);

}  // namespace gyre::server
