#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "graph/storage/graph_store.h"

namespace gyre::graph {

/// Elements that no store has yet, on their way into a segment. Their numbers follow those of the
/// store, without a gap.
class NewElements {
  public:
    struct Vertex {
        std::string_view row;  ///< as EncodeRow makes it
        std::string_view id;   ///< its `val` bytes as segment_format::IdBytes has them; empty: none
        std::span<const NameId> labels;
    };
    struct Edge {
        uint64_t out = 0, in = 0;
        NameId label = 0;
        std::string_view rest;  ///< as EncodeIdAndValues makes it
        std::string_view id;    ///< as above
    };
    virtual ~NewElements() = default;
    [[nodiscard]] virtual uint64_t Vertices() const = 0;
    [[nodiscard]] virtual uint64_t Edges() const = 0;
    [[nodiscard]] virtual Vertex VertexAt(uint64_t i) const = 0;
    [[nodiscard]] virtual Edge EdgeAt(uint64_t i) const = 0;
};

/// Writes a segment of all that `graph` has, and of `more` if it is not null: its vertices get the
/// numbers from `first_vertex` on, its edges those from `first_edge` on in the order of where they
/// leave. Memory: five bytes a vertex, sixteen an id, and 48 for each new edge.
[[nodiscard]] core::Status BuildSegment(const std::filesystem::path& file, Transaction& graph,
                                        uint64_t first_vertex, uint64_t first_edge,
                                        const NewElements* more);

}  // namespace gyre::graph
