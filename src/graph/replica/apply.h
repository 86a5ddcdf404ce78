#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "graph/rdf/quads.h"
#include "graph/storage/graph_store.h"

namespace gyre::graph::replica {

/// Does in a copy what an original's changes say, in their order; the copy began as the original's
/// snapshot. One transaction, which the caller commits after Finish. Errors: kDataLoss where the
/// copy lacks what a change is about: it is to be made anew.
class Applier {
  public:
    explicit Applier(Transaction& graph) : graph_(graph), quads_(graph) {}
    [[nodiscard]] core::Status Apply(const Change& change);
    [[nodiscard]] core::Status Finish();

  private:
    /// The element whose changes come one after the other; its row is written when they end.
    struct Open {
        Value id;
        bool vertex = false;
        std::optional<uint64_t> number;  ///< none: it is new
        uint64_t made = 0;  ///< of a new one, the number that its id was made of; 0: of none
        VertexRow vertex_row;
        EdgeRow edge_row;
        bool unlabelled = false;  ///< a vertex that may have no label
    };
    [[nodiscard]] core::Status ApplyVertex(const Change& change);
    [[nodiscard]] core::Status ApplyEdge(const Change& change);
    [[nodiscard]] core::Status OpenVertex(const Change& change);
    [[nodiscard]] core::Status OpenEdge(const Change& change);
    [[nodiscard]] core::Status SetValues(VertexRow& row, const Value& values);
    [[nodiscard]] core::Status CloseVertex(Open& open);
    [[nodiscard]] core::Status Close();
    [[nodiscard]] core::Status ApplyQuads();

    Transaction& graph_;
    rdf::Quads quads_;
    std::optional<Open> open_;
    std::string lines_;          ///< of quads that come one after the other
    std::vector<bool> removed_;  ///< which of them go
};

}  // namespace gyre::graph::replica
