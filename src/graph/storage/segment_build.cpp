#include "graph/storage/segment_build.h"

#include <algorithm>
#include <numeric>
#include <thread>
#include <utility>

#include "core/file_system.h"
#include "graph/storage/segment_writer.h"

namespace gyre::graph {
namespace {

using Entry = RestingEdges::Entry;

/// The items sorted by their keys, which are below `below`; those of one key stay in their order.
template <typename Key>
std::vector<uint32_t> SortedBy(uint64_t below, const std::vector<uint32_t>& items, Key key) {
    std::vector<uint32_t> ends(static_cast<size_t>(below) + 1, 0);
    for (const uint32_t item : items) ++ends[key(item) + 1];
    std::partial_sum(ends.begin(), ends.end(), ends.begin());
    std::vector<uint32_t> sorted(items.size());
    for (const uint32_t item : items) sorted[ends[key(item)]++] = item;
    return sorted;
}

/// Puts items in an order that tells for each place which of them comes there.
template <typename Item>
void Arrange(std::vector<Item>& items, std::vector<uint32_t> order) {
    for (uint32_t begin = 0; begin < order.size(); ++begin) {
        if (order[begin] == begin) continue;
        const Item first = items[begin];
        uint32_t at = begin;
        while (order[at] != begin) {
            items[at] = items[order[at]];
            at = std::exchange(order[at], at);
        }
        items[at] = first;
        order[at] = at;
    }
}

/// Puts new edges in the order of where they leave: by vertex, label, neighbour and as they came.
void SortByOut(std::vector<NewElements::Edge>& edges, uint64_t vertices_below) {
    std::vector<uint32_t> order(edges.size());
    std::iota(order.begin(), order.end(), 0);
    order = SortedBy(vertices_below, order, [&](uint32_t i) { return edges[i].in; });
    NameId labels_below = 0;
    bool same = true;
    for (const NewElements::Edge& edge : edges) {
        labels_below = std::max(labels_below, edge.label + 1);
        same = same && edge.label == edges[0].label;
    }
    if (!same) order = SortedBy(labels_below, order, [&](uint32_t i) { return edges[i].label; });
    order = SortedBy(vertices_below, order, [&](uint32_t i) { return edges[i].out; });
    Arrange(edges, std::move(order));
}

/// New edges where they enter, of which those of a vertex stand together. `edges` are in the order
/// of their numbers, the first of which is `first`.
class ByIn {
  public:
    ByIn(const std::vector<NewElements::Edge>& edges, uint64_t first, uint64_t vertices_below)
        : begins_(static_cast<size_t>(vertices_below) + 1, 0), entries_(edges.size()) {
        for (const NewElements::Edge& edge : edges) ++begins_[edge.in + 1];
        std::partial_sum(begins_.begin(), begins_.end(), begins_.begin());
        std::vector<uint32_t> next(begins_.begin(), begins_.end() - 1);
        for (size_t i = 0; i < edges.size(); ++i) {
            entries_[next[edges[i].in]++] = {edges[i].label, edges[i].out, first + i};
        }
    }
    /// In the order of a list.
    [[nodiscard]] std::span<const Entry> At(uint64_t vertex) {
        const std::span<Entry> entries(entries_.data() + begins_[vertex],
                                       entries_.data() + begins_[vertex + 1]);
        if (!std::ranges::is_sorted(entries)) std::ranges::sort(entries);  // of several labels
        return entries;
    }

  private:
    std::vector<uint32_t> begins_;
    std::vector<Entry> entries_;
};

class Building {
  public:
    Building(Transaction& graph, SegmentWriter& writer, uint64_t first_vertex, uint64_t first_edge,
             NewElements& more)
        : graph_(graph),
          writer_(writer),
          first_vertex_(first_vertex),
          first_edge_(first_edge),
          more_(more),
          below_(first_vertex + more.vertices.size()),
          old_edges_(graph.CountEdges(std::nullopt) > 0),
          new_(more.edges) {}

    core::Status All() {
        SortByOut(new_, below_);
        // From here on in the order of their numbers. Where nothing is merged with what is there,
        // the lists of one side are another thread's.
        KeptLists lists;
        std::jthread other;
        if (!old_edges_) {
            other = std::jthread([&] {
                ByIn by_in(new_, first_edge_, below_);
                const RestOfEdge rest_of = [&](uint64_t edge) {
                    return new_[edge - first_edge_].rest;
                };
                for (uint64_t vertex = 1; vertex < below_; ++vertex) {
                    const auto entries = by_in.At(vertex);
                    if (!entries.empty()) lists.Add(vertex, entries, rest_of);
                }
            });
        }
        GYRE_TRY(Vertices());
        uint64_t at = 0;
        GYRE_TRY(Lists(Direction::kOut, [&](uint64_t vertex, std::vector<Entry>& into) {
            for (; at < new_.size() && new_[at].out == vertex; ++at) {
                into.push_back({new_[at].label, new_[at].in, first_edge_ + at});
            }
        }));
        if (old_edges_) {
            ByIn by_in(new_, first_edge_, below_);
            GYRE_TRY(Lists(Direction::kIn, [&](uint64_t vertex, std::vector<Entry>& into) {
                const auto entries = by_in.At(vertex);
                into.insert(into.end(), entries.begin(), entries.end());
            }));
        }
        GYRE_TRY(Rows());
        if (!old_edges_) {
            other.join();
            GYRE_TRY(writer_.AddLists(Direction::kIn, std::move(lists)));
        }
        return writer_.Finish();
    }

  private:
    core::Status Vertices() {
        VertexScan scan = graph_.Vertices();
        uint64_t vertex = 0;
        while (scan.Next(vertex)) {
            const auto row = graph_.Vertex(vertex);
            if (!row) return Unreadable();
            const auto labels = graph_.IndexedLabels(*row);
            GYRE_TRY(writer_.AddVertex(vertex, EncodeRow(*row), GivenIdBytes(row->id), labels));
        }
        for (uint64_t i = 0; i < more_.vertices.size(); ++i) {
            const auto& added = more_.vertices[i];
            GYRE_TRY(writer_.AddVertex(first_vertex_ + i, added.row, added.Id(),
                                       more_.label_sets[added.labels]));
        }
        return graph_.Health();
    }

    template <typename New>
    core::Status Lists(Direction side, New add_new) {
        std::string buffer;
        const RestOfEdge rest_of = [&](uint64_t edge) {
            return edge < first_edge_ ? graph_.EdgeRest(edge, buffer)
                                      : std::string_view(new_[edge - first_edge_].rest);
        };
        std::vector<Entry> entries;
        for (uint64_t vertex = 1; vertex < below_; ++vertex) {
            entries.clear();
            if (old_edges_ && vertex < first_vertex_) {
                const auto scan = graph_.EdgesAt(vertex, side, std::nullopt);
                EdgeRef edge;
                while (scan->Next(edge)) {
                    entries.push_back(
                        {edge.label, side == Direction::kOut ? edge.in : edge.out, edge.id});
                }
            }
            const auto old = static_cast<ptrdiff_t>(entries.size());
            add_new(vertex, entries);
            if (entries.empty()) continue;
            std::inplace_merge(entries.begin(), entries.begin() + old, entries.end());
            GYRE_TRY(writer_.AddEdges(vertex, side, entries, rest_of));
        }
        return graph_.Health();
    }

    core::Status Rows() {
        if (old_edges_) {
            const auto scan = graph_.Edges();
            EdgeRef edge;
            while (scan->Next(edge)) {
                const auto row = graph_.Edge(edge.id);
                if (!row) return Unreadable();
                GYRE_TRY(writer_.AddEdge(edge.id, edge.out, edge.in, edge.label,
                                         EncodeIdAndValues(*row), GivenIdBytes(row->id)));
            }
        }
        for (uint64_t i = 0; i < new_.size(); ++i) {
            GYRE_TRY(writer_.AddEdge(first_edge_ + i, new_[i].out, new_[i].in, new_[i].label,
                                     new_[i].rest, new_[i].Id()));
        }
        return graph_.Health();
    }

    core::Status Unreadable() const {
        GYRE_TRY(graph_.Health());
        return core::Fail(core::Code::kDataLoss, "a row of the graph's store is unreadable");
    }

    Transaction& graph_;
    SegmentWriter& writer_;
    const uint64_t first_vertex_, first_edge_;
    const NewElements& more_;
    const uint64_t below_;  ///< numbers of vertices
    const bool old_edges_;
    std::vector<NewElements::Edge>& new_;
};

}  // namespace

core::Status BuildSegment(const std::filesystem::path& file, Transaction& graph,
                          uint64_t first_vertex, uint64_t first_edge, NewElements& more) {
    core::FileSystem& files = core::RealFileSystem();
    GYRE_TRY(files.MakeDirectories(file.parent_path()));
    const uint64_t vertices = first_vertex + more.vertices.size();
    const uint64_t edges = first_edge + more.edges.size();
    GYRE_ASSIGN(const auto writer, SegmentWriter::Create(files, file, vertices, edges));
    return Building(graph, *writer, first_vertex, first_edge, more).All();
}

}  // namespace gyre::graph
