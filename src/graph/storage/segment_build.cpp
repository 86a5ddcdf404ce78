#include "graph/storage/segment_build.h"

#include <algorithm>
#include <numeric>

#include "core/file_system.h"
#include "graph/storage/segment_writer.h"

namespace gyre::graph {
namespace {

using Entry = RestingEdges::Entry;

/// New edges by one of their ends: those of a vertex stand together.
class ByEnd {
  public:
    /// `end` tells of the i-th of `count` edges the vertex, below `below`.
    template <typename End>
    ByEnd(uint64_t count, uint64_t below, End end)
        : begins_(static_cast<size_t>(below) + 1, 0), sorted_(static_cast<size_t>(count)) {
        for (uint64_t i = 0; i < count; ++i) ++begins_[end(i) + 1];
        std::partial_sum(begins_.begin(), begins_.end(), begins_.begin());
        std::vector<uint64_t> next(begins_.begin(), begins_.end() - 1);
        for (uint64_t i = 0; i < count; ++i) sorted_[next[end(i)]++] = i;
    }
    [[nodiscard]] std::span<uint64_t> At(uint64_t vertex) {
        return {sorted_.data() + begins_[vertex], sorted_.data() + begins_[vertex + 1]};
    }
    [[nodiscard]] const std::vector<uint64_t>& Sorted() const { return sorted_; }

  private:
    std::vector<uint64_t> begins_;
    std::vector<uint64_t> sorted_;
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
        GYRE_TRY(Vertices());
        ByEnd by_out(new_.size(), below_, [&](uint64_t i) { return new_[i].out; });
        for (uint64_t vertex = 0; vertex < below_; ++vertex) {
            std::ranges::sort(by_out.At(vertex), [&](uint64_t a, uint64_t b) {
                return std::tuple(new_[a].label, new_[a].in, a) <
                       std::tuple(new_[b].label, new_[b].in, b);
            });
        }
        // From here on in the order of their numbers.
        std::vector<NewElements::Edge> sorted;
        sorted.reserve(new_.size());
        for (const uint64_t i : by_out.Sorted()) sorted.push_back(new_[i]);
        new_ = std::move(sorted);
        uint64_t at = 0;
        GYRE_TRY(Lists(Direction::kOut, [&](uint64_t vertex, std::vector<Entry>& into) {
            for (; at < new_.size() && new_[at].out == vertex; ++at) {
                into.push_back({new_[at].label, new_[at].in, first_edge_ + at});
            }
        }));
        ByEnd by_in(new_.size(), below_, [&](uint64_t i) { return new_[i].in; });
        GYRE_TRY(Lists(Direction::kIn, [&](uint64_t vertex, std::vector<Entry>& into) {
            const size_t old = into.size();
            for (const uint64_t i : by_in.At(vertex)) {
                into.push_back({new_[i].label, new_[i].out, first_edge_ + i});
            }
            std::sort(into.begin() + static_cast<ptrdiff_t>(old), into.end());
        }));
        GYRE_TRY(Rows());
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
            GYRE_TRY(writer_.AddEdges(vertex, side, entries));
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
