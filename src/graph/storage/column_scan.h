#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "graph/storage/batch_scan.h"
#include "graph/storage/column.h"
#include "graph/storage/kv_store.h"
#include "graph/storage/resting.h"
#include "graph/storage/word_set.h"

namespace gyre::graph {

/// What a scan by columns reads, of labels that rest with columns or do not rest at all.
struct ScannedLabels {
    std::vector<NameId> labels;  ///< ascending
    /// Changes of a label's vertices, whose number ends a key; it stands behind `skip` bytes.
    struct Changes {
        std::unique_ptr<KvCursor> cursor;
        size_t skip = 0;
    };
    std::function<Changes(NameId label)> changes;
    /// The least label of a vertex. Where it is there, a vertex is given with that and no other.
    std::function<NameId(uint64_t vertex)> least_of;
};

/// The vertices of labels, one after the other, that pass tests of their values: of a block whose
/// least and greatest words show that none does, not even those are read. What has changed over the
/// segment, and what no column has, is asked about one by one. For one thread, but for
/// plain blocks; the transaction lives longer, and does not write.
class ColumnScan final : public BatchScan {
  public:
    /// Whether a vertex of which the columns do not tell passes all tests.
    using ByRow = std::function<bool(uint64_t vertex)>;
    ColumnScan(const Resting& resting, ScannedLabels labels, std::vector<ColumnTest> tests,
               ByRow by_row);

    [[nodiscard]] bool NextLabel() override;
    [[nodiscard]] bool Next(ElementBatch& batch) override;
    [[nodiscard]] std::vector<size_t> TakePlain(std::span<const ValueColumn* const> read) override;
    void ReadPlain(size_t block, ElementBatch& batch) const override;
    [[nodiscard]] const ValueColumn* Find(NameId key) override { return columns_->Find(key); }
    [[nodiscard]] Value Element(Transaction& graph, const ElementBatch& batch, size_t i) override;
    [[nodiscard]] const LabelColumns& Columns() const { return *columns_; }
    /// How many vertices were gone through, or passed over.
    [[nodiscard]] uint64_t Passed() const { return passed_; }
    /// About how many that will be.
    [[nodiscard]] uint64_t Size() const { return size_; }

  private:
    struct Test {
        ColumnTest test;
        const ValueColumn* column = nullptr;  ///< of the label
        bool by_row = false;                  ///< it has none, and some vertex may have a value
        std::optional<WordSet> words;
        /// Texts tell, where they lie.
        [[nodiscard]] bool ReadsText() const {
            return !words && column != nullptr && column->type == ColumnType::kText &&
                   test.text_passes;
        }
    };
    struct Change {
        uint64_t vertex = 0;
        bool gone = false;
    };
    void ReadChange();
    [[nodiscard]] std::optional<WordSet> WordsOf(const ColumnTest& test,
                                                 const ValueColumn& column) const;
    [[nodiscard]] bool PassesOver(size_t block) const;
    [[nodiscard]] bool IsPlain(size_t block, std::span<const ValueColumn* const> read) const;
    void Block(size_t number, ElementBatch& batch);
    void Numbers(size_t number, std::vector<uint64_t>& numbers) const;
    void Filter(size_t number, size_t count, ElementBatch& batch) const;
    void Keep(const Test& test, const ColumnBlock& block, ElementBatch& batch) const;
    void Merge(size_t number, ElementBatch& batch);
    void Last(ElementBatch& batch);
    void AddByRow(uint64_t vertex, ElementBatch& batch) const;
    void DropOfEarlier(ElementBatch& batch) const;
    static void Add(uint64_t vertex, uint16_t place, ElementBatch& batch) {
        batch.vertices.push_back(vertex);
        batch.places.push_back(place);
    }

    const Resting& resting_;
    const ScannedLabels labels_;
    const ByRow by_row_;
    bool overlaps_ = false;  ///< some vertex that rests has several of the labels
    uint64_t size_ = 0;
    uint64_t passed_ = 0;
    size_t next_label_ = 0;
    // Of the label:
    const LabelColumns* columns_ = nullptr;
    LabelColumns none_;               ///< in their place, of one that does not rest
    ScannedLabels::Changes changes_;  ///< null at their end
    std::vector<Test> tests_;
    std::optional<Change> change_;  ///< the next
    size_t next_ = 0;               ///< block
    std::vector<bool> taken_;       ///< of each block, where any is
    // Of the block that is merged with what has changed:
    std::vector<uint64_t> numbers_;
    std::vector<uint16_t> places_;  ///< of those that pass
    std::vector<Change> changed_;
};

}  // namespace gyre::graph
