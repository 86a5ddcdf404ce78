#pragma once

#include <memory>
#include <utility>

#include "graph/exec/index_wish.h"
#include "graph/storage/graph_store.h"

namespace gyre::graph::exec {

/// The vertices of a column scan, one by one.
class ScannedVertices {
  public:
    ScannedVertices() = default;
    explicit ScannedVertices(std::unique_ptr<ColumnScan> scan) : scan_(std::move(scan)) {}
    [[nodiscard]] explicit operator bool() const { return scan_ != nullptr; }
    [[nodiscard]] ColumnScan* Scan() const { return scan_.get(); }

    /// The next, brought to hand. `wish`: an index by which they would be found sooner.
    [[nodiscard]] bool Next(Transaction& graph, IndexWish& wish, uint64_t& vertex) {
        if (at_ == batch_.vertices.size()) {
            at_ = 0;
            const uint64_t before = scan_->Passed();
            while (!open_ || !scan_->Next(batch_)) {
                open_ = scan_->NextLabel();
                if (!open_) return false;
            }
            wish.Count(graph, scan_->Passed() - before, batch_.vertices.size());
        }
        graph.BringToHand(*scan_, batch_, at_);
        vertex = batch_.vertices[at_++];
        return true;
    }

  private:
    std::unique_ptr<ColumnScan> scan_;
    ElementBatch batch_;
    bool open_ = false;  ///< a label is
    size_t at_ = 0;
};

}  // namespace gyre::graph::exec
