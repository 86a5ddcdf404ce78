#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "graph/storage/column.h"
#include "graph/storage/packed.h"
#include "graph/storage/row.h"

namespace gyre::graph {

/// The edges on one side of a vertex that rest, by label, neighbour and number: the order in which
/// the table of changes has them too.
class RestingEdges {
  public:
    struct Entry {
        NameId label = 0;
        uint64_t neighbour = 0, edge = 0;
        auto operator<=>(const Entry&) const = default;
    };
    /// What stands beside the entry that came last: valid as long as the segment is open.
    struct Beside {
        std::string_view columns;
        uint64_t count = 0, at = 0;  ///< of its group
    };
    RestingEdges() = default;
    /// Of all labels, or of one. `beside`: the list's heads say what stands beside entries.
    RestingEdges(std::string_view list, std::optional<NameId> label, bool beside);
    [[nodiscard]] bool Next(Entry& entry) {
        // Of a group's entries most are of two bytes.
        if (left_ == 0 || entries_.size() < 2 || ((entries_[0] | entries_[1]) & 0x80) != 0) {
            return NextOfAny(entry);
        }
        --left_;
        entry.label = group_.label;
        entry.neighbour = neighbour_ += static_cast<uint8_t>(entries_[0]);
        entry.edge = edge_ += UnZigZag(static_cast<uint8_t>(entries_[1]));
        entries_.remove_prefix(2);
        return true;
    }
    /// How many of the group at hand are left; of a list of one label that is all.
    [[nodiscard]] uint64_t Left() const { return left_; }
    /// What stands beside the next of them.
    [[nodiscard]] Beside BesideNext() const {
        return {group_.columns, group_.count, group_.count - left_};
    }
    [[nodiscard]] bool HasBeside() const { return !group_.columns.empty(); }
    [[nodiscard]] Beside BesideLast() const {
        return {group_.columns, group_.count, group_.count - left_ - 1};
    }
    /// Those of all that are left.
    void Neighbours(std::vector<uint64_t>& into);

    /// What a list says of a group before its entries.
    struct Head {
        NameId label = 0;
        uint64_t count = 0;
        uint64_t entries = 0, columns = 0;  ///< bytes
    };
    /// The next head, from the front of `heads`; false where it is not there whole.
    [[nodiscard]] static bool ReadHead(std::string_view& heads, bool beside, Head& head);

  private:
    struct Group {
        NameId label = 0;
        uint64_t count = 0;
        std::string_view columns;
    };
    std::string_view heads_;    ///< that are still to come
    std::string_view bodies_;   ///< of groups to come
    std::string_view entries_;  ///< of this group
    uint64_t groups_left_ = 0;
    uint64_t left_ = 0;  ///< of this group's entries
    Group group_;
    uint64_t neighbour_ = 0, edge_ = 0;
    bool beside_ = false;

    [[nodiscard]] bool NextOfAny(Entry& entry);
    [[nodiscard]] bool NextGroup();
    [[nodiscard]] bool Enter(const Head& head);
};

inline constexpr uint64_t kVerticesInGroup = 64;

/// Edges' rows stand in blocks, each beginning at a place of its own.
inline constexpr uint64_t kEdgesInBlock = 32;

/// What rests of a graph: one file that is never changed, read where it lies in memory
/// (docs/formats/graph_segment.md). Vertices and edges stand under their numbers, which may have
/// gaps. Thread-safe.
class Segment {
  public:
    /// Reads the whole file once to check it. Errors: kDataLoss, kNotFound, kFailedPrecondition
    /// (a newer program's format).
    [[nodiscard]] static core::Result<std::unique_ptr<const Segment>> Open(
        const std::filesystem::path& file);
    ~Segment();
    Segment(const Segment&) = delete;
    Segment& operator=(const Segment&) = delete;

    /// All numbers in it are smaller.
    [[nodiscard]] uint64_t VerticesBelow() const { return vertices_below_; }
    [[nodiscard]] uint64_t EdgesBelow() const { return edges_below_; }
    /// How many vertices and edges rest.
    [[nodiscard]] uint64_t Vertices() const { return vertices_; }
    [[nodiscard]] uint64_t Edges() const { return edges_; }
    [[nodiscard]] uint64_t Bytes() const { return bytes_.size(); }

    /// The bytes of a row, as EncodeRow made them; empty where there is none.
    [[nodiscard]] std::string_view Vertex(uint64_t vertex) const;
    /// False where there is none, or its bytes are wrong.
    [[nodiscard]] bool Edge(uint64_t edge, EdgeRow& row) const;
    /// Its id and values (EncodeIdAndValues); empty where it has neither, or there is none.
    [[nodiscard]] std::string_view EdgeRest(uint64_t edge) const;
    /// Those of a block of kEdgesInBlock numbers, in their order.
    void EdgesOfBlock(uint64_t block, std::vector<EdgeRef>& edges) const;
    /// By the user's id, whole numbers as a Long.
    [[nodiscard]] std::optional<uint64_t> FindVertex(const Value& id) const;
    [[nodiscard]] std::optional<uint64_t> FindEdge(const Value& id) const;
    [[nodiscard]] RestingEdges EdgesAt(uint64_t vertex, Direction side,
                                       std::optional<NameId> label) const;
    /// How many those are.
    [[nodiscard]] uint64_t Degree(uint64_t vertex, Direction side,
                                  std::optional<NameId> label) const;
    /// The numbers of a label's vertices, ascending.
    [[nodiscard]] DeltaList VerticesOf(NameId label) const;
    /// By label.
    [[nodiscard]] const std::vector<LabelList>& Labels() const { return labels_; }
    /// The columns of a label's vertices; null where it has none.
    [[nodiscard]] const LabelColumns* ColumnsOf(NameId label) const;
    /// The labels of edges, ascending; nullopt where it does not tell, as those of formats before.
    [[nodiscard]] std::optional<std::vector<NameId>> EdgeLabels() const;
    /// Which groups of kVerticesInGroup numbers have a vertex that an edge of this label leaves,
    /// ascending; nullopt likewise.
    [[nodiscard]] std::optional<DeltaList> EdgeGroupsOf(NameId label) const;

    enum Section : size_t {
        kVertexPlaces,
        kVertexRows,
        kOutPlaces,
        kOutLists,
        kInPlaces,
        kInLists,
        kEdgePlaces,
        kEdgeRows,
        kVertexIds,
        kEdgeIds,
        kLabels,
        kColumnHeads,
        kColumns,
        kEdgeGroups,
        kSections
    };

  private:
    Segment() = default;
    /// `use(label, groups)` for each label of edges, until it returns false.
    template <typename Use>
    void ForEdgeGroups(Use use) const;
    [[nodiscard]] core::Status Check(const std::filesystem::path& file);
    [[nodiscard]] std::string_view ListOf(uint64_t vertex, Direction side) const;

    void* mapped_ = nullptr;
    std::string_view bytes_;
    std::array<std::string_view, kSections> sections_;
    uint64_t vertices_below_ = 0, edges_below_ = 0, vertices_ = 0, edges_ = 0;
    bool beside_ = false;  ///< its lists may have values beside their entries
    std::vector<LabelList> labels_;
    std::vector<LabelColumns> columns_;  ///< by label
    bool groups_ = false;                ///< it tells where edges of a label leave
};

}  // namespace gyre::graph
