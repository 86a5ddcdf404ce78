#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "graph/storage/column.h"
#include "graph/storage/kv_store.h"
#include "graph/storage/resting.h"
#include "graph/storage/word_set.h"

namespace gyre::graph {

/// Some vertices of a label, ascending.
struct VertexBatch {
    /// In place of a place: the columns do not have it as it is now.
    static constexpr uint16_t kByRow = UINT16_MAX;

    std::vector<uint64_t> vertices;
    std::vector<uint16_t> places;  ///< of each, in the block
    size_t block = 0;
    bool any_by_row = false;
    void Clear() {
        vertices.clear();
        places.clear();
        any_by_row = false;
    }
};

/// The vertices of a label that pass tests of their values: of a block whose least and greatest
/// words show that none does, not even those are read. What has changed over the segment is asked
/// about one by one. For one thread; the transaction lives longer, and does not write.
class ColumnScan {
  public:
    /// Whether a vertex of the label, of which the columns do not tell, passes all tests.
    using ByRow = std::function<bool(uint64_t vertex)>;
    /// `changes`: of the label's vertices, whose number stands in a key behind `skip` bytes. Each
    /// test is of a key that has a column.
    ColumnScan(const Resting& resting, const LabelColumns& columns,
               std::unique_ptr<KvCursor> changes, size_t skip, std::vector<ColumnTest> tests,
               ByRow by_row);

    /// The next that pass; false where there are no more.
    [[nodiscard]] bool Next(VertexBatch& batch);
    /// Null where the label has no such column.
    [[nodiscard]] const ValueColumn* Find(NameId key) const { return columns_.Find(key); }
    [[nodiscard]] const LabelColumns& Columns() const { return columns_; }
    /// How many vertices were gone through, or passed over.
    [[nodiscard]] uint64_t Passed() const { return passed_; }

  private:
    struct Test {
        ColumnTest test;
        const ValueColumn* column = nullptr;
        std::optional<WordSet> words;
    };
    struct Change {
        uint64_t vertex = 0;
        bool gone = false;
    };
    void ReadChange();
    [[nodiscard]] std::optional<WordSet> WordsOf(const ColumnTest& test,
                                                 const ValueColumn& column) const;
    [[nodiscard]] bool PassesOver(size_t block) const;
    void Block(size_t number, VertexBatch& batch);
    void Numbers(const LabelColumns::Block& block);
    void Keep(const Test& test, const ColumnBlock& block);
    void Merge(size_t number, VertexBatch& batch);
    void Last(VertexBatch& batch);
    void AddByRow(uint64_t vertex, VertexBatch& batch) const;
    static void Add(uint64_t vertex, uint16_t place, VertexBatch& batch) {
        batch.vertices.push_back(vertex);
        batch.places.push_back(place);
    }

    const Resting& resting_;
    const LabelColumns& columns_;
    std::unique_ptr<KvCursor> changes_;  ///< null at its end
    const size_t skip_;
    const ByRow by_row_;
    std::vector<Test> tests_;
    std::optional<Change> change_;  ///< the next
    size_t next_ = 0;               ///< block
    uint64_t passed_ = 0;
    // Of the block that is looked at:
    std::vector<uint64_t> numbers_;
    std::vector<uint16_t> places_;  ///< of those that pass
    std::vector<Change> changed_;
};

}  // namespace gyre::graph
