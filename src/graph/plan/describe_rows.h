#pragma once

#include <string>
#include <vector>

#include "graph/plan/row.h"

namespace gyre::graph::plan {

/// A clause at work, for explain: "Match((#0:person)-[:knows]->(#1))", variables by their slots.
[[nodiscard]] std::string RowStepText(const RowStep& step);
/// All steps of a query, in the order in which rows go through them.
[[nodiscard]] std::vector<std::string> RowStepTexts(const RowQuery& query);

}  // namespace gyre::graph::plan
