#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "graph/rdf/quads.h"
#include "graph/rules.h"
#include "graph/storage/graph_store.h"

namespace gyre::graph {

struct GraphSettings {
    std::string name = "g";  ///< its folder, and the name of its traversal source
    GraphMode mode = GraphMode::kNeptune;
    Rules rules;
    std::filesystem::path fixture;  ///< a GraphSON 3 file it begins with, when it is empty
    rdf::DefaultGraph default_graph = rdf::DefaultGraph::kUnion;  ///< of its RDF
    bool streams = false;                                         ///< keep each commit's changes
    std::string replica_of;  ///< the URL of the graph that this one follows; empty: none
};

/// The graphs of one server, each with its own store under `folder`: those of the configuration,
/// and those made since (docs/formats/graph_store.md). Thread-safe. A store that was found stays
/// open as long as it is held.
class Graphs {
  public:
    [[nodiscard]] static core::Result<std::unique_ptr<Graphs>> Open(
        const std::filesystem::path& folder, const std::vector<GraphSettings>& settings,
        const StoreOptions& options);
    /// Null for an unknown source.
    [[nodiscard]] std::shared_ptr<GraphStore> Find(std::string_view source) const;
    [[nodiscard]] rdf::DefaultGraph DefaultGraphOf(std::string_view source) const;
    [[nodiscard]] Rules RulesOf(std::string_view source) const;
    /// By name.
    [[nodiscard]] std::vector<GraphSettings> All() const;

    /// Makes an empty graph, which is there after a restart too. Errors: kInvalidArgument (no name
    /// for a graph), kAlreadyExists.
    [[nodiscard]] core::Status Make(const GraphSettings& settings);
    /// Of those that Make has made. Errors: kNotFound, kFailedPrecondition (the configuration
    /// names it).
    [[nodiscard]] core::Status Remove(const std::string& name);

    /// A new folder to prepare another store of the graph in; it is gone after a restart unless
    /// Replace has taken it.
    [[nodiscard]] core::Result<std::filesystem::path> Spare(const std::string& name);
    /// The store in a spare folder takes the place of the graph's, at once and durably; who works
    /// with the old one ends in peace. The graph is made where there is none. Errors: kConflict
    /// where a writer does not end by `deadline`.
    [[nodiscard]] core::Status Replace(const GraphSettings& settings,
                                       const std::filesystem::path& spare,
                                       std::shared_ptr<GraphStore> store,
                                       core::SteadyTime deadline);
    /// Opens a store in a spare folder, with what is set for it. Errors: as GraphStore::Open.
    [[nodiscard]] core::Result<std::shared_ptr<GraphStore>> OpenSpare(
        const std::filesystem::path& spare, GraphMode mode) const;

  private:
    struct Entry {
        GraphSettings settings;
        std::string folder;  ///< its name
        bool made = false;   ///< by Make or Replace
        std::shared_ptr<GraphStore> store;
    };
    using Entries = std::map<std::string, Entry, std::less<>>;
    Graphs(std::filesystem::path folder, const StoreOptions& options)
        : folder_(std::move(folder)), options_(options) {}
    [[nodiscard]] core::Status ReadCatalog();
    [[nodiscard]] core::Status WriteCatalog(const Entries& entries) const;
    void RemoveSpares() const;
    [[nodiscard]] core::Status OpenOne(Entry& entry) const;

    const std::filesystem::path folder_;
    const StoreOptions options_;
    mutable std::shared_mutex mutex_;
    Entries entries_;
    std::mutex changing_;  ///< one Make, Remove or Replace at a time
    uint64_t spares_ = 0;
};

/// Whether a graph may have that name.
[[nodiscard]] bool IsGraphName(std::string_view name);
[[nodiscard]] std::string_view ModeName(GraphMode mode);
[[nodiscard]] std::optional<GraphMode> ModeOf(std::string_view name);
[[nodiscard]] std::string_view DefaultGraphName(rdf::DefaultGraph kind);
[[nodiscard]] std::optional<rdf::DefaultGraph> DefaultGraphNamed(std::string_view name);

}  // namespace gyre::graph
