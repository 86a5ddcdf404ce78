#pragma once

#include <string>

#include "catalog/catalog.h"
#include "core/result.h"

namespace gyre::serving::kserve {

/// Has an endpoint in service end its hosts, after what they hold is answered, and refuse
/// predictions on every face until it is loaded again or updated. It is remembered over restarts.
/// Nothing changes for one that is unloaded. Errors: kNotFound; kFailedPrecondition while the
/// endpoint is not in service.
[[nodiscard]] core::Status Unload(catalog::Catalog& catalog, const std::string& endpoint);

/// Gives an unloaded endpoint its hosts back; they begin to start when this returns. Nothing
/// changes for one that is not unloaded. Errors: as Unload's.
[[nodiscard]] core::Status Load(catalog::Catalog& catalog, const std::string& endpoint);

}  // namespace gyre::serving::kserve
