#pragma once

#include <functional>
#include <optional>
#include <string>

#include "catalog/catalog.h"
#include "transform/progress.h"
#include "wire/action.h"

namespace gyre::transform {

/// Of a job that runs here; nullopt for any other.
using ProgressOf = std::function<std::optional<Progress>(const std::string& job)>;

/// CreateTransformJob, DescribeTransformJob, ListTransformJobs, StopTransformJob: they write what
/// is wanted, the controller does the rest.
void AddTransformActions(wire::ActionTable& table, catalog::Catalog& catalog, ProgressOf progress);

}  // namespace gyre::transform
