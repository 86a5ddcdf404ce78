#include "graph/gremlin/option_names.h"

#include <algorithm>

namespace gyre::graph::gremlin {
namespace {

/// The reference's names, which its clients send.
struct OptionKey {
    std::string_view of, name, key;
};
constexpr OptionKey kOptionKeys[] = {
    {"WithOptions", "tokens", "~tinkerpop.valueMap.tokens"},
    {"WithOptions", "indexer", "~tinkerpop.index.indexer"},
    {"ConnectedComponent", "component", "gremlin.connectedComponentVertexProgram.component"},
    {"ConnectedComponent", "edges", "~tinkerpop.connectedComponent.edges"},
    {"ConnectedComponent", "propertyName", "~tinkerpop.connectedComponent.propertyName"},
    {"PageRank", "edges", "~tinkerpop.pageRank.edges"},
    {"PageRank", "propertyName", "~tinkerpop.pageRank.propertyName"},
    {"PageRank", "times", "~tinkerpop.pageRank.times"},
    {"PeerPressure", "edges", "~tinkerpop.peerPressure.edges"},
    {"PeerPressure", "propertyName", "~tinkerpop.peerPressure.propertyName"},
    {"PeerPressure", "times", "~tinkerpop.peerPressure.times"},
    {"ShortestPath", "distance", "~tinkerpop.shortestPath.distance"},
    {"ShortestPath", "edges", "~tinkerpop.shortestPath.edges"},
    {"ShortestPath", "includeEdges", "~tinkerpop.shortestPath.includeEdges"},
    {"ShortestPath", "maxDistance", "~tinkerpop.shortestPath.maxDistance"},
    {"ShortestPath", "target", "~tinkerpop.shortestPath.target"},
    {"IO", "reader", "~tinkerpop.io.reader"},
    {"IO", "writer", "~tinkerpop.io.writer"},
    {"IO", "graphml", "graphml"},
    {"IO", "graphson", "graphson"},
    {"IO", "gryo", "gryo"},
};
struct OptionChoice {
    std::string_view name;
    int32_t bits;
};
/// Of WithOptions: what valueMap() shows, and how index() does.
constexpr OptionChoice kOptionChoices[] = {{"none", 0},   {"ids", 1},  {"labels", 2}, {"keys", 4},
                                           {"values", 8}, {"all", 15}, {"list", 0},   {"map", 1}};

}  // namespace

bool HasOptionNames(std::string_view name) {
    return std::ranges::find(kOptionKeys, name, &OptionKey::of) != std::end(kOptionKeys);
}

std::optional<Value> OptionName(std::string_view of, std::string_view name) {
    for (const OptionKey& key : kOptionKeys) {
        if (key.of == of && key.name == name) return Value(key.key);
    }
    if (of != "WithOptions") return std::nullopt;
    for (const OptionChoice& choice : kOptionChoices) {
        if (choice.name == name) return Value(choice.bits);
    }
    return std::nullopt;
}

}  // namespace gyre::graph::gremlin
