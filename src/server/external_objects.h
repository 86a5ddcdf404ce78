#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/config.h"
#include "core/result.h"
#include "objects/external_store.h"

namespace gyre::server {

/// The S3 that `objects.url` names in the local store's place; nullopt where it names none. Errors:
/// kInvalidArgument for a URL that is none, or keys that are missing.
[[nodiscard]] core::Result<std::optional<objects::ExternalS3>> ExternalObjects(
    const core::Config& config);

/// The one that AWS's own variables name: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION or
/// AWS_DEFAULT_REGION, AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL, AWS_CA_BUNDLE; Amazon's without a
/// URL. nullopt without keys. Errors: kInvalidArgument for a URL that is none.
[[nodiscard]] core::Result<std::optional<objects::ExternalS3>> ExternalObjects(
    const std::function<std::optional<std::string>(const std::string& name)>& variable);

}  // namespace gyre::server
