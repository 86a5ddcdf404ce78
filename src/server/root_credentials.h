#pragma once

#include <filesystem>
#include <string>

#include "core/result.h"

namespace gyre::server {

struct RootCredentials {
    std::string access_key_id;
    std::string secret_access_key;
};

/// The root user's key: from GYRE_ACCESS_KEY_ID and GYRE_SECRET_ACCESS_KEY where both are set, else
/// from `file` (the AWS shared-credentials format), which is made with new random keys and mode
/// 0600 when it is not there. Errors: only one of the variables is set, or the file holds no keys.
[[nodiscard]] core::Result<RootCredentials> FindRootCredentials(const std::filesystem::path& file);

/// Has `file` hold those keys.
[[nodiscard]] core::Status KeepRootCredentials(const std::filesystem::path& file,
                                               const RootCredentials& keys);

}  // namespace gyre::server
