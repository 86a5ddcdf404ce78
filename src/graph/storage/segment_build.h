#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "graph/storage/graph_store.h"

namespace gyre::graph {

/// Elements that no store has yet, on their way into a segment. Their numbers follow those of the
/// store, without a gap.
struct NewElements {
    struct Vertex {
        std::string_view row;  ///< as EncodeRow makes it; begins with its id
        uint32_t id_size = 0;  ///< 0: the user gave none
        uint32_t labels = 0;   ///< which of label_sets
        [[nodiscard]] std::string_view Id() const { return row.substr(0, id_size); }
    };
    struct Edge {
        uint64_t out = 0, in = 0;
        std::string_view rest;  ///< as EncodeIdAndValues makes it; begins with its id
        uint32_t id_size = 0;   ///< as above
        NameId label = 0;
        [[nodiscard]] std::string_view Id() const { return rest.substr(0, id_size); }
    };
    std::vector<Vertex> vertices;
    std::vector<Edge> edges;
    std::vector<std::vector<NameId>> label_sets;  ///< those under which vertices are found
};

/// Writes a segment of all that `graph` has, and of `more`: its vertices get the
/// numbers from `first_vertex` on, its edges those from `first_edge` on in the order of where they
/// leave, in which it sorts them. Memory: five bytes a vertex, sixteen an id, and 56 for each new
/// edge.
[[nodiscard]] core::Status BuildSegment(const std::filesystem::path& file, Transaction& graph,
                                        uint64_t first_vertex, uint64_t first_edge,
                                        NewElements& more);

}  // namespace gyre::graph
