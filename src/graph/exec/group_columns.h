#pragma once

#include <optional>
#include <vector>

#include "graph/plan/row.h"
#include "graph/storage/graph_store.h"

namespace gyre::graph::exec {

/// What vertices are grouped by, and what is gathered of them, where that is nothing but properties
/// of theirs.
struct GroupColumns {
    size_t slot = 0;                        ///< of the vertices
    const plan::Expression* key = nullptr;  ///< null: all are one group
    std::vector<NameId> read;               ///< by the key, if any, and by each aggregation
};
/// Nullopt where a WITH or RETURN groups otherwise. The step lives longer.
[[nodiscard]] std::optional<GroupColumns> ColumnsOfGroups(const plan::RowStep& row,
                                                          const Transaction& graph);
/// count(*), or count(n).
[[nodiscard]] bool CountsAll(const plan::AggregateCall& call);

}  // namespace gyre::graph::exec
