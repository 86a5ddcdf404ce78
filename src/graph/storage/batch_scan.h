#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "graph/storage/column.h"
#include "graph/value.h"

namespace gyre::graph {

class Transaction;

/// Some vertices of a label, ascending, or some edges.
struct ElementBatch {
    /// In place of a place: the columns do not have it as it is now.
    static constexpr uint16_t kByRow = UINT16_MAX;

    std::vector<uint64_t> vertices;  ///< none are told of a plain block, nor of edges
    std::vector<uint16_t> places;    ///< of each, in the block
    size_t block = 0;
    bool any_by_row = false;
    void Clear() {
        vertices.clear();
        places.clear();
        any_by_row = false;
    }
};

/// Elements, label by label, in batches whose values stand in columns. For one thread, but for
/// plain blocks; the transaction lives longer, and does not write.
class BatchScan {
  public:
    BatchScan() = default;
    virtual ~BatchScan() = default;
    BatchScan(const BatchScan&) = delete;
    BatchScan& operator=(const BatchScan&) = delete;

    /// Goes on to the first label, or the next, or to more of the same whose columns are others,
    /// when Next has no more; false where there are none.
    [[nodiscard]] virtual bool NextLabel() = 0;
    /// Of the label, until the next one; null where it has no such column. Before its first Next.
    [[nodiscard]] virtual const ValueColumn* Find(NameId key) = 0;
    /// The next of the label; false where there are no more.
    [[nodiscard]] virtual bool Next(ElementBatch& batch) = 0;

    /// The label's plain blocks, which Next gives no more: columns alone tell what of them passes,
    /// and all values of the columns `read`, of which none is null.
    [[nodiscard]] virtual std::vector<size_t> TakePlain(
        std::span<const ValueColumn* const> /*read*/) {
        return {};
    }
    /// What passes of a plain block: where it stands, and nothing else. For any thread.
    virtual void ReadPlain(size_t /*block*/, ElementBatch& /*batch*/) const {}

    /// The i-th of the batch that came last. From now on what is read of it comes from its columns.
    [[nodiscard]] virtual Value Element(Transaction& graph, const ElementBatch& batch,
                                        size_t i) = 0;
};

}  // namespace gyre::graph
