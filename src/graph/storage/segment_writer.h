#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/file_system.h"
#include "core/result.h"
#include "graph/storage/beside.h"
#include "graph/storage/column_writer.h"
#include "graph/storage/segment.h"

namespace gyre::graph {

/// Lists of edges as bytes, one after the other.
class ListEncoder {
  public:
    /// One vertex's, in the order of RestingEdges and not empty, with values beside them. Valid
    /// until the next call.
    [[nodiscard]] std::string_view Encode(std::span<const RestingEdges::Entry> edges,
                                          const RestOfEdge& rest_of);

  private:
    std::unique_ptr<char[]> bytes_;
    size_t room_ = 0;
    std::string heads_, list_, bodies_;
    BesideEncoder beside_;
};

/// All lists of one side, kept in memory: made by a thread of its own while another one writes.
/// Vertices ascend.
class KeptLists {
  public:
    void Add(uint64_t vertex, std::span<const RestingEdges::Entry> edges,
             const RestOfEdge& rest_of);

  private:
    friend class SegmentWriter;
    void PlaceUpTo(uint64_t number);
    ListEncoder encoder_;
    std::string bytes_, places_;
    uint64_t placed_ = 0;
};

/// Writes a segment from its beginning to its end: all vertices, then all lists of one side, all of
/// the other, all edges, each in the order of their numbers; then Finish. Which of the last three
/// comes first is free. What is left out (a number, a list) is absent. For one thread. After a
/// failure the file is of no use.
class SegmentWriter {
  public:
    /// Numbers in it are below these.
    [[nodiscard]] static core::Result<std::unique_ptr<SegmentWriter>> Create(
        core::FileSystem& files, const std::filesystem::path& file, uint64_t vertices_below,
        uint64_t edges_below);
    ~SegmentWriter();

    /// `id`: the bytes under which it is found (IdBytes), empty where the user gave
    /// none; `labels`: those under which it is found.
    [[nodiscard]] core::Status AddVertex(uint64_t vertex, std::string_view row, std::string_view id,
                                         std::span<const NameId> labels);
    /// In the order of RestingEdges, not empty.
    [[nodiscard]] core::Status AddEdges(uint64_t vertex, Direction side,
                                        std::span<const RestingEdges::Entry> edges,
                                        const RestOfEdge& rest_of);
    /// All lists of a side at once.
    [[nodiscard]] core::Status AddLists(Direction side, KeptLists lists);
    /// `rest`: id and values, as EncodeIdAndValues writes them; empty where it has neither.
    [[nodiscard]] core::Status AddEdge(uint64_t edge, uint64_t out, uint64_t in, NameId label,
                                       std::string_view rest, std::string_view id);
    /// The file is whole and on the disk; its folder is not synced.
    [[nodiscard]] core::Status Finish();

  private:
    struct Slot {
        uint64_t hash = 0, number = 0;
    };
    struct Label {
        uint64_t count = 0, last = 0;
        std::string numbers;
    };
    class Output;
    explicit SegmentWriter(std::unique_ptr<Output> output, uint64_t vertices_below,
                           uint64_t edges_below);
    /// Ends the section before it, with its places.
    [[nodiscard]] core::Status Enter(Segment::Section section);
    [[nodiscard]] core::Status Leave();
    /// The pieces up to this number begin here, where they have not begun.
    void PlaceUpTo(uint64_t number);
    [[nodiscard]] core::Status WriteWhole(Segment::Section section, std::string_view bytes);
    [[nodiscard]] static std::string Slots(const std::vector<Slot>& ids);
    [[nodiscard]] std::string Labels() const;
    [[nodiscard]] std::string EdgeGroups() const;

    std::unique_ptr<Output> output_;
    const uint64_t vertices_below_, edges_below_;
    uint64_t vertices_ = 0, edges_ = 0;
    Segment::Section section_ = Segment::kSections;  ///< that is being written; kSections: none
    std::string places_;                             ///< of its pieces
    uint64_t placed_ = 0;                            ///< how many
    ListEncoder encoder_;
    std::vector<Slot> vertex_ids_, edge_ids_;
    std::map<NameId, Label> labels_;
    ColumnWriter columns_;
    struct Groups {
        uint64_t last = 0;
        std::string numbers;
    };
    std::map<NameId, Groups> edge_groups_;  ///< by the label of edges that leave
    uint64_t next_edge_ = 0;
    uint64_t last_out_ = 0;  ///< in this block of edges
};

}  // namespace gyre::graph
