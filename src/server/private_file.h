#pragma once

#include <filesystem>
#include <string_view>

#include "core/result.h"

namespace gyre::server {

/// Writes a file that only we may read (0600), whole or not at all, and durable when it returns.
[[nodiscard]] core::Status WritePrivateFile(const std::filesystem::path& file,
                                            std::string_view text);

}  // namespace gyre::server
