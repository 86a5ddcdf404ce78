#pragma once

#include <string>
#include <vector>

#include "graph/plan/row.h"
#include "graph/value.h"

namespace gyre::graph::door {

/// openCypher's explain as Neptune shows it: a table of the steps, in the order in which rows go
/// through them.
[[nodiscard]] std::string ExplanationTable(const std::string& query, const plan::RowQuery& rows);
/// Likewise of steps by their names and arguments, "Match(…)".
[[nodiscard]] std::string ExplanationTable(const std::string& query,
                                           const std::vector<std::string>& steps);
/// Likewise of a query that was run, with rows and times.
[[nodiscard]] std::string ExplanationTable(const std::string& query,
                                           const TraversalMetrics& metrics);

}  // namespace gyre::graph::door
