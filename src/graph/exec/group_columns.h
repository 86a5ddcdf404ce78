#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "graph/exec/detail/vertex_table.h"
#include "graph/plan/row.h"
#include "graph/storage/graph_store.h"

namespace gyre::graph::exec {

/// What vertices are grouped by, and what is gathered of them, where that is nothing but properties
/// of theirs.
struct GroupColumns {
    size_t slot = 0;           ///< of the vertices
    size_t keys = 0;           ///< none: all are one group
    std::vector<NameId> read;  ///< by the keys, and by each aggregation
};
/// Nullopt where a WITH or RETURN groups otherwise. The step lives longer.
[[nodiscard]] std::optional<GroupColumns> ColumnsOfGroups(const plan::RowStep& row,
                                                          const Transaction& graph);
/// count(*), or count(n).
[[nodiscard]] bool CountsAll(const plan::AggregateCall& call);

/// Numbers for the values that vertices have under several keys, by the words of a label's columns:
/// vertices of the same number have the same values.
class WordGroups {
  public:
    /// In a number's place: the columns do not tell.
    static constexpr uint32_t kByRow = VertexTable::kNone;
    /// Of each key its column, or null.
    explicit WordGroups(std::vector<const ValueColumn*> columns) : columns_(std::move(columns)) {
        words_.resize(columns_.size());
        joined_.resize(columns_.size());
    }
    /// Of each vertex of a batch.
    void Number(const VertexBatch& batch, std::vector<uint32_t>& numbers);

  private:
    static uint32_t NumberOf(VertexTable& numbers, uint64_t key) {
        uint32_t& number = numbers.At(key);
        if (number == VertexTable::kNone) number = static_cast<uint32_t>(numbers.Size() - 1);
        return number;
    }

    std::vector<const ValueColumn*> columns_;
    std::vector<VertexTable> words_;   ///< of each key; 0 stands for no value
    std::vector<VertexTable> joined_;  ///< a number of the keys before with one of a key's words
    std::vector<uint32_t> of_key_;     ///< scratch
};

}  // namespace gyre::graph::exec
