#pragma once

#include <string>
#include <string_view>

#include "graph/storage/codec.h"
#include "graph/storage/row.h"

/// The keys of the store (docs/formats/graph_store.md): a letter for the table, then numbers that
/// sort as they count.
namespace gyre::graph::keys {

inline constexpr char kMeta = 'm';
inline constexpr char kName = 'n';         ///< name number -> text
inline constexpr char kVertex = 'v';       ///< vertex -> row
inline constexpr char kEdge = 'e';         ///< edge -> row
inline constexpr char kVertexId = 'i';     ///< the user's id -> vertex
inline constexpr char kEdgeId = 'j';       ///< the user's id -> edge
inline constexpr char kAdjacency = 'a';    ///< vertex, direction, label, neighbour, edge
inline constexpr char kDegree = 'd';       ///< vertex, direction, label -> count
inline constexpr char kVertexLabel = 'l';  ///< label, vertex
inline constexpr char kCount = 's';        ///< 'v' or 'e', label + 1 (0: all) -> count

inline constexpr char kChange = 'c';  ///< commit, number (0: its head) -> change
inline constexpr std::string_view kLastCommit = "mcommit";
inline constexpr char kLoaded = 'L';    ///< load, its file -> how far it has come
inline constexpr char kIndex = 'y';     ///< 'v' or 'e', property key -> whether it is indexed
inline constexpr char kProperty = 'q';  ///< 'v' or 'e', property key, value, element
inline constexpr std::string_view kIndexBuilding = "b";
inline constexpr std::string_view kIndexReady = "r";
/// Of vertices' values in no order, which programs before this one have left.
inline constexpr char kFormerIndexTables[] = {'x', 'p'};

// RDF, kept beside the property graph (docs/formats/graph_rdf.md).
inline constexpr char kTerm = 'T';    ///< number -> term
inline constexpr char kTermId = 'U';  ///< hash of a term -> number
inline constexpr char kSpog = 'S';    ///< subject, predicate, object, graph
inline constexpr char kPosg = 'P';    ///< and in other orders
inline constexpr char kOspg = 'O';
inline constexpr char kGspo = 'G';
inline constexpr char kQuadCount = 'C';  ///< 'a', 'p' or 'g', term -> count
inline constexpr char kRdfTables[] = {kTerm, kTermId, kSpog, kPosg, kOspg, kGspo, kQuadCount};

inline std::string One(char table, uint64_t number) {
    std::string key(1, table);
    AppendOrdered(key, number);
    return key;
}
inline std::string Two(char table, uint64_t first, uint64_t second) {
    std::string key = One(table, first);
    AppendOrdered(key, second);
    return key;
}
inline std::string Name(NameId name) {
    return One(kName, name);
}
inline std::string Vertex(uint64_t vertex) {
    return One(kVertex, vertex);
}
inline std::string Edge(uint64_t edge) {
    return One(kEdge, edge);
}
inline std::string Side(char table, uint64_t vertex, Direction side) {
    std::string key = One(table, vertex);
    key += static_cast<char>(side);
    return key;
}
inline std::string Side(char table, uint64_t vertex, Direction side, NameId label) {
    std::string key = Side(table, vertex, side);
    AppendOrdered(key, label);
    return key;
}
inline std::string Adjacency(uint64_t vertex, Direction side, NameId label, uint64_t neighbour,
                             uint64_t edge) {
    std::string key = Side(kAdjacency, vertex, side, label);
    AppendOrdered(key, neighbour);
    AppendOrdered(key, edge);
    return key;
}
/// Of kIndex, or the beginning of kProperty's.
inline std::string Property(char table, char kind, NameId key) {
    std::string begin(1, table);
    begin += kind;
    AppendOrdered(begin, key);
    return begin;
}
inline std::string Count(char kind, uint64_t label_or_all) {
    std::string key(1, kCount);
    key += kind;
    AppendOrdered(key, label_or_all);
    return key;
}
inline std::string UserId(char table, const Value& id) {
    return table + IdBytes(id);
}

}  // namespace gyre::graph::keys
