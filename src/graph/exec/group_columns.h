#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "graph/exec/detail/vertex_table.h"
#include "graph/plan/row.h"
#include "graph/storage/graph_store.h"

namespace gyre::graph::exec {

/// What elements are grouped by, and what is gathered of them, where that is nothing but properties
/// of theirs.
struct GroupColumns {
    size_t slot = 0;           ///< of the elements
    size_t keys = 0;           ///< none: all are one group
    std::vector<NameId> read;  ///< by the keys, and by each aggregation
};
/// Nullopt where a WITH or RETURN groups otherwise. The step lives longer.
[[nodiscard]] std::optional<GroupColumns> ColumnsOfGroups(const plan::RowStep& row,
                                                          const Transaction& graph);
/// Keys that nothing but one vertex tells, by its properties, labels and id.
struct KeysOfVertex {
    size_t slot = 0;        ///< of the vertex
    bool distinct = false;  ///< no two vertices have the same: its id is a key, or itself
};
/// Nullopt where a WITH or RETURN groups otherwise.
[[nodiscard]] std::optional<KeysOfVertex> KeysOfOneVertex(const plan::RowStep& row);

/// count(*), or count(n); not of DISTINCT.
[[nodiscard]] bool CountsAll(const plan::AggregateCall& call);

/// Numbers for the values that elements have under several keys, by the words of a label's columns:
/// elements of the same number have the same values.
class WordGroups {
  public:
    /// In a number's place: the columns do not tell.
    static constexpr uint32_t kByRow = VertexTable::kNone;
    /// Of each key its column, or null.
    explicit WordGroups(const std::vector<const ValueColumn*>& columns);
    /// Of each element of a batch. True where each is one that another had before.
    [[nodiscard]] bool Number(const ElementBatch& batch, std::vector<uint32_t>& numbers);

  private:
    /// Numbers for one key's words, from 1; 0 stands for no value.
    struct Words {
        const ValueColumn* column = nullptr;
        std::vector<uint32_t> near;  ///< of words from `least` on, where all are near each other
        uint64_t least = 0;
        VertexTable others;
        uint32_t count = 0;

        [[nodiscard]] uint32_t NumberOf(uint64_t word) {
            const uint64_t place = word - least;
            uint32_t& number = place < near.size() ? near[place] : others.At(word);
            if (number == VertexTable::kNone) number = ++count;
            return number;
        }
    };
    std::vector<Words> words_;         ///< of each key
    std::vector<VertexTable> joined_;  ///< a number of the keys before with one of a key's words
    bool any_before_ = false;
    std::vector<uint32_t> of_key_;  ///< scratch
};

}  // namespace gyre::graph::exec
