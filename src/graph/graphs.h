#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "graph/rdf/quads.h"
#include "graph/storage/graph_store.h"

namespace gyre::graph {

struct GraphSettings {
    std::string name = "g";  ///< its folder, and the name of its traversal source
    GraphMode mode = GraphMode::kNeptune;
    std::filesystem::path fixture;  ///< a GraphSON 3 file it begins with, when it is empty
    rdf::DefaultGraph default_graph = rdf::DefaultGraph::kUnion;  ///< of its RDF
};

/// The graphs of one server, each with its own store under `folder`. Thread-safe once open.
class Graphs {
  public:
    [[nodiscard]] static core::Result<std::unique_ptr<Graphs>> Open(
        const std::filesystem::path& folder, const std::vector<GraphSettings>& settings,
        const StoreOptions& options);
    /// Null for an unknown source.
    [[nodiscard]] GraphStore* Find(std::string_view source) const;
    [[nodiscard]] rdf::DefaultGraph DefaultGraphOf(std::string_view source) const;

  private:
    std::map<std::string, std::unique_ptr<GraphStore>, std::less<>> stores_;
    std::map<std::string, rdf::DefaultGraph, std::less<>> default_graphs_;
};

/// Fills an empty graph from the lines of a GraphSON 3 file (one vertex a line with its out edges,
/// as TinkerPop's GraphSONWriter writes). Errors: kInvalidArgument naming the line.
[[nodiscard]] core::Status LoadGraphSon(GraphStore& store, std::string_view text);
/// The same beside what a writing transaction's graph has, as part of it.
[[nodiscard]] core::Status ReadGraphSonFile(Transaction& graph, std::string_view text);

}  // namespace gyre::graph
