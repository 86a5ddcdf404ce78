#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "graph/value.h"

namespace gyre::graph {

/// One change of a graph, as Neptune's streams tell it ("Neptune streams change-log format"): a
/// label, a property's value or a quad, that came or went.
struct Change {
    enum class Kind : uint8_t {
        kVertexLabel,
        kVertexProperty,
        kEdge,
        kEdgeProperty,
        kQuad,
        kClear,  ///< all of the graph and the RDF went at once; streams do not tell it
        /// In TinkerGraph's mode, before what tells streams of them: all values that the vertex has
        /// then, as `value`, each a list of key, value, id and properties.
        kVertexValues,
    } kind{};
    bool removed = false;
    bool implied = false;  ///< a label that the vertex has only for having none
    Value id;              ///< the element's, as the user knows it
    std::string key;       ///< "label" for labels; of a quad its line of N-Quads
    Value value;
    Value from, to;  ///< of an edge
    /// Of a label or an edge in TinkerGraph's mode: the number of an element whose id was made of
    /// it; 0: the user gave the id, or the mode is Neptune's, whose ids tell.
    uint64_t number = 0;
};

/// Where a change stands: commits count from 1, and so do the changes of each.
struct ChangeId {
    uint64_t commit = 0;
    uint64_t op = 0;
};
struct LoggedChange {
    ChangeId id;
    int64_t committed_ms = 0;  ///< since 1970
    bool last = false;         ///< of its commit
    Change change;
};

[[nodiscard]] std::string EncodeChange(const Change& change);
/// False for damaged bytes.
[[nodiscard]] bool DecodeChange(std::string_view bytes, Change& change);

}  // namespace gyre::graph
