#pragma once

#include <deque>
#include <unordered_map>

#include "graph/exec/gather.h"
#include "graph/exec/group_columns.h"
#include "graph/exec/rows.h"
#include "graph/exec/word_totals.h"

namespace gyre::graph::exec {

/// The groups of a WITH or RETURN that aggregates: of each its keys, and what was gathered.
class RowGroups {
  public:
    /// The step lives longer.
    RowGroups(const plan::RowStep& row_step, size_t width, Context& context);

    /// A row, which comes so often.
    void Add(const Values& row, int64_t times);
    /// Rows of which columns tell the keys and what is gathered.
    void AddScan(const GroupColumns& by, RowStage::RowScan& from);
    /// After all rows: where there are no keys there is a group, also of none.
    void End();

    /// Whether an item is to be worked out of a group's row. Others stand in it.
    [[nodiscard]] bool IsLate(const plan::RowItem& item) const {
        return item.aggregates || KeepsVertex();
    }
    /// The next group's row; false where there are no more.
    [[nodiscard]] bool Next(Values& row);

  private:
    struct OfLabel;
    struct SeenWords;
    /// In place of its keys, which the vertex tells.
    [[nodiscard]] bool KeepsVertex() const { return by_vertex_ && by_vertex_->distinct; }
    [[nodiscard]] size_t GroupOf(const Values& row);
    [[nodiscard]] size_t GroupByKeys(const Values& row);
    [[nodiscard]] size_t GroupOfVertex(uint64_t vertex, const Values& row);
    [[nodiscard]] size_t AddGroup(const Values& row);
    void FindKeys(const Values& row);
    [[nodiscard]] bool ReadsRow(const plan::Expression& expression) const;
    [[nodiscard]] bool IsThere(const plan::Expression& argument, const Values& row);
    void AddPlain(const GroupColumns& by, RowStage::RowScan& from);
    void AddLabel(const GroupColumns& by, RowStage::RowScan& from);
    template <typename RowAt>
    void AddBatch(size_t call_number, OfLabel& label, const ElementBatch& batch,
                  const RowAt& row_of);
    template <typename AddRow>
    void EachOnce(SeenWords& seen, const std::vector<size_t>& groups, const ElementBatch& batch,
                  const AddRow& add_row);
    void AddTotals(size_t at, const ValueColumn* column, const WordTotals& totals);

    const plan::RowStep& row_;
    const size_t width_;
    Context& context_;
    bool only_counts_ = false;
    bool rows_kept_ = false;  ///< rows_ has the first row of each
    std::optional<KeysOfVertex> by_vertex_;
    std::unordered_map<Value, size_t, ValueHash, ValueSame> by_keys_;
    VertexTable by_vertices_;  ///< of all where no two are of one group, else of some
    /// Of those, while each has come after all before it, the last, and its group: most often they
    /// come in their order, and then nothing has to be looked up.
    struct Last {
        uint64_t vertex = 0;
        size_t group = 0;
    };
    std::optional<Last> last_ = Last{};
    Values keys_;  ///< of the row that is looked at
    size_t count_ = 0, next_ = 0;
    // Of each group:
    std::vector<Values> rows_;
    std::deque<Value> group_keys_;
    std::vector<int64_t> counts_;    ///< by aggregation
    std::deque<Gathered> gathered_;  ///< likewise
};

/// A key for a hash, of as many values each time.
[[nodiscard]] Value KeyOfAll(const Values& values);

}  // namespace gyre::graph::exec
