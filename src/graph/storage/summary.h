#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <tuple>

#include "graph/storage/graph_store.h"

namespace gyre::graph {

/// What a graph is made of: Neptune's graph summary.
struct GraphSummary {
    /// Vertices that have the same property keys and the same labels of outgoing edges.
    struct NodeStructure {
        std::set<std::string> properties, edge_labels;
        bool operator<(const NodeStructure& other) const {
            return std::tie(properties, edge_labels) <
                   std::tie(other.properties, other.edge_labels);
        }
    };
    uint64_t nodes = 0, edges = 0;
    std::set<std::string> node_labels, edge_labels;
    std::map<std::string, uint64_t> node_properties, edge_properties;  ///< elements that have it
    uint64_t node_values = 0, edge_values = 0;
    std::map<NodeStructure, uint64_t> node_structures;
    std::map<std::set<std::string>, uint64_t> edge_structures;
};

/// Goes through all of it; `go_on` is asked now and then, and ends it with kCancelled.
[[nodiscard]] core::Result<GraphSummary> Summarise(Transaction& graph,
                                                   const std::function<bool()>& go_on);

}  // namespace gyre::graph
