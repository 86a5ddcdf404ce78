#pragma once

#include "core/json.h"
#include "serving/torchserve/models.h"

namespace gyre::serving::torchserve {

/// One version of a model, with the members of TorchServe's GET /models/M.
[[nodiscard]] core::Json DescribeModel(const ModelFacts& facts);

/// GET /models: `limit` models (100 at most) from the `token`th on.
[[nodiscard]] core::Json DescribeList(
    const std::vector<std::pair<std::string, std::string>>& models, int limit, int token);

}  // namespace gyre::serving::torchserve
