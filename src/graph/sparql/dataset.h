#pragma once

#include "graph/sparql/answer.h"
#include "graph/sparql/run.h"

namespace gyre::graph::sparql {

/// The graphs that a clause means; none given, those of the store's kind.
[[nodiscard]] Dataset MakeDataset(Run& run, const DatasetClause& clause, DefaultGraph kind);

}  // namespace gyre::graph::sparql
