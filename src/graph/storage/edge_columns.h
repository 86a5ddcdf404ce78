#pragma once

#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "graph/storage/batch_scan.h"
#include "graph/storage/column_scan.h"
#include "graph/storage/label_edges.h"
#include "graph/storage/word_set.h"

namespace gyre::graph {

/// Which edges, by what their values are.
struct EdgesAsked {
    std::vector<NameId> labels;  ///< none: of all
    std::vector<ColumnTest> tests;
    /// Whether one of which columns do not tell passes all tests.
    std::function<bool(const EdgeRef& edge)> by_row;
    /// Told of each batch how many were gone through and how many passed; false ends the scan.
    std::function<bool(uint64_t gone_through, uint64_t passed)> note;
};

/// Edges that pass tests, by the columns that stand beside the lists of those that leave a vertex:
/// of most neither the row nor even the list's entry is read. Columns are of one type as long as
/// most lists agree with them. Edges have no numbers in a batch, only places.
class EdgeColumns final : public BatchScan {
  public:
    /// `all`: the labels of edges that rest. `changes`: see ChangedEdges.
    EdgeColumns(Transaction& graph, const Resting& resting, EdgesAsked asked,
                const std::vector<NameId>& all, std::unique_ptr<KvCursor> changes);
    [[nodiscard]] bool NextLabel() override;
    [[nodiscard]] const ValueColumn* Find(NameId key) override;
    [[nodiscard]] bool Next(ElementBatch& batch) override;
    [[nodiscard]] Value Element(Transaction& graph, const ElementBatch& batch, size_t i) override;

  private:
    /// A column whose one block is of the batch.
    struct Column {
        Column() : words(kColumnBlock) {}
        ValueColumn column;           ///< of type kNone: the label has none
        bool tested = false;          ///< an edge without it is to be looked at
        std::vector<uint64_t> words;  ///< of the batch
    };
    struct Test {
        ColumnTest test;
        Column* column = nullptr;
        std::optional<WordSet> words;
    };
    /// Edges of a batch that leave one vertex, from that place on.
    struct Run {
        size_t first = 0;
        uint64_t vertex = 0;
        NameId label = 0;
    };
    Column& ColumnOf(NameId key);
    void SetType(Column& column) const;
    [[nodiscard]] bool HaveList();
    void FillFromLists();
    void TakeFromList();
    void FillFromChanged();
    void Filter(std::vector<uint16_t>& places);
    void Keep(const Test& test, std::vector<uint16_t>& places) const;
    void MakeBlocks();
    [[nodiscard]] bool InRow(size_t place) const {
        return any_in_row_ && ColumnBlock::Bit(in_row_.data(), place);
    }
    void SetInRow(size_t place) {
        any_in_row_ = true;
        in_row_[place / 8] |= static_cast<uint8_t>(1 << (place % 8));
    }
    [[nodiscard]] const EdgeRef& EdgeAt(size_t place);

    Transaction& graph_;
    const Resting& resting_;
    const EdgesAsked asked_;
    const Marks sides_;
    const bool any_marked_;  ///< some edge's row
    std::vector<NameId> labels_;
    size_t next_label_ = 0;
    std::optional<RestingLists> lists_;  ///< of the label before
    ChangedEdges changed_;
    bool in_changed_ = false, over_ = false;
    bool open_ = false;           ///< the label may have more: who leaves it there has done
    std::deque<Column> columns_;  ///< first those of tests
    std::vector<Test> tests_;
    // What is to be taken next:
    bool have_list_ = false;
    uint64_t vertex_ = 0;
    RestingEdges list_;
    bool others_ = false;  ///< most lists of the last batch had other columns
    // The batch:
    size_t count_ = 0;
    size_t of_others_ = 0;
    bool any_in_row_ = false;
    std::array<uint8_t, kColumnBlock / 8> in_row_{};
    std::vector<EdgeRef> rows_;  ///< what has changed
    std::vector<Run> runs_;      ///< in its place
    RestingEdges first_;         ///< of the first run, as it began
    // Where EdgeAt was last:
    size_t at_run_ = kNoRun;
    size_t at_place_ = 0;  ///< of the entry that comes next
    RestingEdges at_list_;
    EdgeRef at_edge_;
    static constexpr size_t kNoRun = SIZE_MAX;
};

}  // namespace gyre::graph
