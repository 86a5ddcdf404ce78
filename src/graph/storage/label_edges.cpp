// Transaction: all edges of a label.
#include <algorithm>

#include "graph/storage/graph_store.h"
#include "graph/storage/keys.h"

namespace gyre::graph {
namespace {

/// Those of one label among all.
class OneLabel final : public EdgeScan {
  public:
    OneLabel(std::unique_ptr<EdgeScan> all, NameId label) : all_(std::move(all)), label_(label) {}
    bool Next(EdgeRef& edge) override {
        while (all_->Next(edge)) {
            if (edge.label == label_) return true;
        }
        return false;
    }

  private:
    std::unique_ptr<EdgeScan> all_;
    const NameId label_;
};

/// From vertex to vertex, of those that such an edge leaves; then those that leave vertices which
/// do not rest.
class ByVertex final : public EdgeScan {
  public:
    ByVertex(Transaction& graph, const Resting& resting, DeltaList groups, NameId label,
             std::unique_ptr<KvCursor> changes)
        : graph_(graph),
          resting_(resting),
          below_(resting.segment->VerticesBelow()),
          groups_(groups),
          label_(label),
          changes_(std::move(changes)) {
        NextGroup();
    }
    bool Next(EdgeRef& edge) override {
        while (true) {
            if (scan_ ? scan_->Next(edge) : NextResting(edge)) return true;
            if (!NextVertex()) return NextChange(edge);
        }
    }

  private:
    bool NextResting(EdgeRef& edge) {
        RestingEdges::Entry entry;
        if (!edges_.Next(entry)) return false;
        edge = {entry.edge, vertex_, entry.neighbour, label_};
        return true;
    }
    void NextGroup() {
        uint64_t group = 0;
        group_ = groups_.Next(group) ? group - 1 : UINT64_MAX;
    }
    /// The next vertex that may have some; false where there is none that rests.
    bool NextVertex() {
        scan_.reset();
        edges_ = {};
        while (++vertex_ < below_) {
            const uint64_t group = vertex_ / kVerticesInGroup;
            while (group_ < group) NextGroup();
            const bool changed = resting_.sides.Marked(vertex_);
            if (!changed && group_ != group) {
                const uint64_t last = std::min((group + 1) * kVerticesInGroup, below_) - 1;
                if (!resting_.sides.AnyMarked(vertex_, last)) vertex_ = last;
                continue;
            }
            if (changed)
                scan_ = graph_.EdgesAt(vertex_, Direction::kOut, label_);
            else
                edges_ = resting_.segment->EdgesAt(vertex_, Direction::kOut, label_);
            return true;
        }
        return false;
    }
    bool NextChange(EdgeRef& edge) {
        while (changes_->Next()) {
            std::string_view key = changes_->Key().substr(1);
            uint64_t out = 0, label = 0, in = 0, number = 0;
            if (!ReadOrdered(key, out) || key.empty()) return false;
            const auto side = static_cast<Direction>(key.front());
            key.remove_prefix(1);
            if (out < below_ || side != Direction::kOut || !ReadOrdered(key, label) ||
                label != label_) {
                continue;
            }
            if (!ReadOrdered(key, in) || !ReadOrdered(key, number)) return false;
            edge = {number, out, in, label_};
            return true;
        }
        return false;
    }

    Transaction& graph_;
    const Resting& resting_;
    const uint64_t below_;
    DeltaList groups_;
    const NameId label_;
    std::unique_ptr<KvCursor> changes_;
    uint64_t group_ = 0;   ///< the next of those that have some
    uint64_t vertex_ = 0;  ///< that is looked at: one of what follows gives its edges
    RestingEdges edges_;
    std::unique_ptr<EdgeScan> scan_;
};

}  // namespace

std::unique_ptr<EdgeScan> Transaction::EdgesOf(NameId label) {
    // A scan does not meet what its own transaction changes meanwhile: only rows go by numbers.
    const auto groups = resting_ && !writes_ ? Resting()->EdgeGroupsOf(label) : std::nullopt;
    if (!groups) return std::make_unique<OneLabel>(Edges(), label);
    return std::make_unique<ByVertex>(*this, *resting_, *groups, label,
                                      kv_->Scan(std::string_view(&keys::kAdjacency, 1)));
}

}  // namespace gyre::graph
