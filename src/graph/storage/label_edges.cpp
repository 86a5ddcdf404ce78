#include "graph/storage/label_edges.h"

#include <algorithm>

#include "graph/storage/edge_columns.h"
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

/// From vertex to vertex, of those that such an edge leaves; then those that have changed.
class ByVertex final : public EdgeScan {
  public:
    ByVertex(Transaction& graph, const Resting& resting, DeltaList groups, NameId label,
             std::unique_ptr<KvCursor> changes)
        : graph_(graph),
          sides_(resting.sides),
          lists_(*resting.segment, sides_, label, groups),
          changed_(graph, *resting.segment, sides_, {label}, std::move(changes)) {}
    bool Next(EdgeRef& edge) override {
        RestingEdges::Entry entry;
        while (!edges_.Next(entry)) {
            if (!lists_.Next(vertex_, edges_)) return changed_.Next(edge);
        }
        edge = {entry.edge, vertex_, entry.neighbour, lists_.Label()};
        if (edges_.HasBeside()) graph_.BringToHand(edge.id, edges_.BesideLast());
        return true;
    }

  private:
    Transaction& graph_;
    const Marks sides_;
    RestingLists lists_;
    uint64_t vertex_ = 0;
    RestingEdges edges_;  ///< of that vertex
    ChangedEdges changed_;
};

}  // namespace

bool RestingLists::Next(uint64_t& vertex, RestingEdges& edges) {
    while (true) {
        while (next_ == end_) {
            uint64_t group = 0;
            if (!groups_.Next(group) || group == 0) return false;
            next_ = std::min((group - 1) * kVerticesInGroup, segment_.VerticesBelow());
            end_ = std::min(group * kVerticesInGroup, segment_.VerticesBelow());
        }
        vertex = next_++;
        if (sides_.Marked(vertex)) continue;
        edges = segment_.EdgesAt(vertex, Direction::kOut, label_);
        if (edges.Left() > 0) return true;
    }
}

ChangedEdges::ChangedEdges(Transaction& graph, const Segment& segment, const Marks& sides,
                           std::vector<NameId> labels, std::unique_ptr<KvCursor> changes)
    : graph_(graph),
      below_(segment.VerticesBelow()),
      sides_(sides),
      labels_(std::move(labels)),
      changes_(std::move(changes)) {
}

bool ChangedEdges::IsOf(NameId label) const {
    return labels_.empty() || std::ranges::find(labels_, label) != labels_.end();
}

bool ChangedEdges::Next(EdgeRef& edge) {
    while (true) {
        while (at_vertex_ && at_vertex_->Next(edge)) {
            if (IsOf(edge.label)) return true;
        }
        at_vertex_.reset();
        if (vertex_ < below_) vertex_ = sides_.NextMarked(vertex_ + 1);
        if (vertex_ >= below_) return NextNew(edge);
        const auto label = labels_.size() == 1 ? std::optional(labels_[0]) : std::nullopt;
        at_vertex_ = graph_.EdgesAt(vertex_, Direction::kOut, label);
    }
}

bool ChangedEdges::NextNew(EdgeRef& edge) {
    while (changes_ && changes_->Next()) {
        std::string_view key = changes_->Key().substr(1);
        uint64_t label = 0;
        if (!ReadOrdered(key, edge.out) || key.empty()) break;
        const auto side = static_cast<Direction>(key.front());
        key.remove_prefix(1);
        if (side != Direction::kOut) continue;
        if (!ReadOrdered(key, label) || !ReadOrdered(key, edge.in) || !ReadOrdered(key, edge.id)) {
            break;
        }
        edge.label = static_cast<NameId>(label);
        if (IsOf(edge.label)) return true;
    }
    changes_.reset();
    return false;
}

std::unique_ptr<KvCursor> Transaction::ChangesOfNewSides() {
    return kv_->ScanRange(keys::One(keys::kAdjacency, Resting()->VerticesBelow()),
                          BehindPrefix(std::string_view(&keys::kAdjacency, 1)));
}

std::unique_ptr<EdgeScan> Transaction::EdgesOf(NameId label) {
    // A scan does not meet what its own transaction changes meanwhile: only rows go by numbers.
    const auto groups = resting_ && !writes_ ? Resting()->EdgeGroupsOf(label) : std::nullopt;
    if (!groups) return std::make_unique<OneLabel>(Edges(), label);
    return std::make_unique<ByVertex>(*this, *resting_, *groups, label, ChangesOfNewSides());
}

std::unique_ptr<EdgeColumns> Transaction::ScanEdges(EdgesAsked asked) {
    const auto labels = resting_ && !writes_ ? Resting()->EdgeLabels() : std::nullopt;
    if (!labels) return nullptr;
    // What has changed is read vertex by vertex: of very many that is slower than row by row.
    constexpr uint64_t kOneIn = 4, kFew = 1024;
    const uint64_t changed = resting_->sides.Count();
    if (changed > kFew && changed > Resting()->VerticesBelow() / kOneIn) return nullptr;
    return std::make_unique<EdgeColumns>(*this, *resting_, std::move(asked), *labels,
                                         ChangesOfNewSides());
}

}  // namespace gyre::graph
