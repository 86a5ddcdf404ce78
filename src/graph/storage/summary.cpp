#include "graph/storage/summary.h"

#include <optional>

namespace gyre::graph {
namespace {

constexpr uint64_t kBetweenLooks = 4096;

class Summarising {
  public:
    Summarising(Transaction& graph, const std::function<bool()>& go_on)
        : graph_(graph), go_on_(go_on) {}

    core::Result<GraphSummary> All() {
        VertexScan vertices = graph_.Vertices();
        uint64_t vertex = 0;
        while (vertices.Next(vertex)) {
            GYRE_TRY(Look());
            if (const auto row = graph_.Vertex(vertex)) Add(vertex, *row);
        }
        const auto edges = graph_.Edges();
        EdgeRef edge;
        while (edges->Next(edge)) {
            GYRE_TRY(Look());
            if (const auto row = graph_.Edge(edge.id)) Add(*row);
        }
        GYRE_TRY(graph_.Health());
        return std::move(summary_);
    }

  private:
    core::Status Look() {
        if (++steps_ % kBetweenLooks != 0 || go_on_()) return {};
        return core::Fail(core::Code::kCancelled, "the summary was stopped");
    }
    std::string Name(NameId name) const { return std::string(graph_.NameText(name)); }

    void Add(uint64_t vertex, const VertexRow& row) {
        ++summary_.nodes;
        for (const NameId label : row.labels) summary_.node_labels.insert(Name(label));
        if (row.labels.empty()) summary_.node_labels.insert(std::string(kDefaultLabel));
        GraphSummary::NodeStructure structure;
        for (const VertexValue& value : row.values) {
            ++summary_.node_values;
            if (structure.properties.insert(Name(value.key)).second) {
                ++summary_.node_properties[Name(value.key)];
            }
        }
        const auto out = graph_.EdgesAt(vertex, Direction::kOut, std::nullopt);
        EdgeRef edge;
        std::optional<NameId> last;
        while (out->Next(edge)) {  // in the order of their labels
            if (last == edge.label) continue;
            last = edge.label;
            structure.edge_labels.insert(Name(edge.label));
        }
        ++summary_.node_structures[std::move(structure)];
    }
    void Add(const EdgeRow& row) {
        ++summary_.edges;
        summary_.edge_labels.insert(Name(row.label));
        std::set<std::string> properties;
        for (const auto& [key, value] : row.values) {
            ++summary_.edge_values;
            if (properties.insert(Name(key)).second) ++summary_.edge_properties[Name(key)];
        }
        ++summary_.edge_structures[std::move(properties)];
    }

    Transaction& graph_;
    const std::function<bool()>& go_on_;
    GraphSummary summary_;
    uint64_t steps_ = 0;
};

}  // namespace

core::Result<GraphSummary> Summarise(Transaction& graph, const std::function<bool()>& go_on) {
    return Summarising(graph, go_on).All();
}

}  // namespace gyre::graph
