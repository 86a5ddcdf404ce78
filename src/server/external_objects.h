#pragma once

#include <optional>

#include "core/config.h"
#include "core/result.h"
#include "objects/external_store.h"

namespace gyre::server {

/// The S3 that `objects.url` names in the local store's place; nullopt where it names none. Errors:
/// kInvalidArgument for a URL that is none, or keys that are missing.
[[nodiscard]] core::Result<std::optional<objects::ExternalS3>> ExternalObjects(
    const core::Config& config);

}  // namespace gyre::server
