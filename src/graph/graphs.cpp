#include "graph/graphs.h"

#include "core/file_system.h"

namespace gyre::graph {

core::Result<std::unique_ptr<Graphs>> Graphs::Open(const std::filesystem::path& folder,
                                                   const std::vector<GraphSettings>& settings,
                                                   const StoreOptions& options) {
    auto graphs = std::make_unique<Graphs>();
    for (const GraphSettings& one : settings) {
        GYRE_ASSIGN(auto store, GraphStore::Open(folder / one.name, one.mode, options));
        if (!one.fixture.empty() && store->Read()->CountVertices(std::nullopt) == 0) {
            GYRE_ASSIGN(const std::string text,
                        core::ReadFile(core::RealFileSystem(), one.fixture));
            if (auto status = LoadGraphSon(*store, text); !status) {
                return core::Fail(std::move(status.error()).In(one.fixture.string()));
            }
        }
        graphs->stores_.emplace(one.name, std::move(store));
        graphs->default_graphs_.emplace(one.name, one.default_graph);
    }
    return graphs;
}

GraphStore* Graphs::Find(std::string_view source) const {
    const auto found = stores_.find(source);
    return found == stores_.end() ? nullptr : found->second.get();
}

rdf::DefaultGraph Graphs::DefaultGraphOf(std::string_view source) const {
    const auto found = default_graphs_.find(source);
    return found == default_graphs_.end() ? rdf::DefaultGraph::kUnion : found->second;
}

}  // namespace gyre::graph
