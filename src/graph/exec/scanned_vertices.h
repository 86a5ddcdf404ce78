#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "graph/storage/graph_store.h"

namespace gyre::graph::exec {

/// Vertices that are gone through for a property's value before an index of it is wanted.
inline constexpr uint64_t kManyVertices = 2000;

/// The vertices of a column scan, one by one.
class ScannedVertices {
  public:
    ScannedVertices() = default;
    explicit ScannedVertices(std::unique_ptr<ColumnScan> scan) : scan_(std::move(scan)) {}
    [[nodiscard]] explicit operator bool() const { return scan_ != nullptr; }
    [[nodiscard]] ColumnScan* Scan() const { return scan_.get(); }

    /// The next, brought to hand. `wanted`: a key by whose index they would be found sooner, which
    /// is asked for, once, when many were gone through.
    [[nodiscard]] bool Next(Transaction& graph, std::optional<NameId>& wanted, uint64_t& vertex) {
        if (at_ == batch_.vertices.size()) {
            at_ = 0;
            if (!scan_->Next(batch_)) return false;
            if (wanted && scan_->Passed() >= kManyVertices) {
                graph.WantIndex(*std::exchange(wanted, std::nullopt));
            }
        }
        graph.BringToHand(*scan_, batch_, at_);
        vertex = batch_.vertices[at_++];
        return true;
    }

  private:
    std::unique_ptr<ColumnScan> scan_;
    VertexBatch batch_;
    size_t at_ = 0;
};

}  // namespace gyre::graph::exec
