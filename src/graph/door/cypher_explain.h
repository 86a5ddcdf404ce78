#pragma once

#include <string>

#include "graph/plan/row.h"
#include "graph/value.h"

namespace gyre::graph::door {

/// openCypher's explain as Neptune shows it: a table of the steps, in the order in which rows go
/// through them.
[[nodiscard]] std::string ExplanationTable(const std::string& query, const plan::RowQuery& rows);
/// Likewise of a query that was run, with rows and times.
[[nodiscard]] std::string ExplanationTable(const std::string& query,
                                           const TraversalMetrics& metrics);

}  // namespace gyre::graph::door
