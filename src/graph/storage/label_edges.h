#pragma once

#include <memory>
#include <vector>

#include "graph/storage/kv_store.h"
#include "graph/storage/resting.h"
#include "graph/storage/scans.h"

namespace gyre::graph {

class Transaction;

/// The lists of one label's edges that leave vertices whose sides have not changed.
class RestingLists {
  public:
    /// `groups`: those of the label (Segment::EdgeGroupsOf). `sides`: which have changed.
    RestingLists(const Segment& segment, const Marks& sides, NameId label, DeltaList groups)
        : segment_(segment), sides_(sides), label_(label), groups_(groups) {}
    /// The next that has any; false where there are no more.
    [[nodiscard]] bool Next(uint64_t& vertex, RestingEdges& edges);
    [[nodiscard]] NameId Label() const { return label_; }

  private:
    const Segment& segment_;
    const Marks& sides_;
    const NameId label_;
    DeltaList groups_;
    uint64_t next_ = 0, end_ = 0;  ///< vertices of the group at hand
};

/// All other edges: those that leave vertices which have changed, or do not rest.
class ChangedEdges final : public EdgeScan {
  public:
    /// Of some labels; of all where none is given. `changes`: those of vertices that do not rest.
    ChangedEdges(Transaction& graph, const Segment& segment, const Marks& sides,
                 std::vector<NameId> labels, std::unique_ptr<KvCursor> changes);
    [[nodiscard]] bool Next(EdgeRef& edge) override;

  private:
    [[nodiscard]] bool IsOf(NameId label) const;
    [[nodiscard]] bool NextNew(EdgeRef& edge);

    Transaction& graph_;
    const uint64_t below_;
    const Marks& sides_;
    const std::vector<NameId> labels_;
    uint64_t vertex_ = 0;
    std::unique_ptr<EdgeScan> at_vertex_;
    std::unique_ptr<KvCursor> changes_;  ///< null at their end
};

}  // namespace gyre::graph
