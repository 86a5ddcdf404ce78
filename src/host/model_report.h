#pragma once

#include "core/json.h"
#include "engine/model.h"
#include "host/batch_policy.h"
#include "host/model_options.h"

namespace gyre::host {

/// What a host's status says of its model, for people: platform, precision, inputs and outputs,
/// workers, how it is batched and who chose that, and what the engine measured.
[[nodiscard]] core::Json DescribeModel(const engine::Model& model, const ModelOptions& options,
                                       const BatchLimits& limits);
/// Brings such a document up to date with what changes while the model runs.
void Refresh(core::Json& document, const engine::Model& model, const BatchLimits& limits);

}  // namespace gyre::host
