#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/cancel.h"
#include "core/result.h"
#include "graph/load/load_file.h"
#include "graph/rdf/quads.h"
#include "graph/rdf/reader.h"

namespace gyre::graph::load {

/// The loader's name of a format: "ntriples", "nquads", "turtle", "rdfxml", and "trig" besides.
[[nodiscard]] std::optional<rdf::RdfSyntax> RdfSyntaxOf(std::string_view format);

/// Loads files of RDF, many statements a transaction: what came before a failure stays. Loading a
/// file again changes nothing, unless it has blank nodes, which are new each time.
class RdfLoad {
  public:
    /// Statements without a graph go to `graph`; relative IRIs are seen from `base`.
    RdfLoad(GraphStore& store, std::string graph, std::string base)
        : store_(store), graph_iri_(std::move(graph)), base_(std::move(base)) {}

    /// As LoadFile. What is not flushed when it returns is for Finish.
    [[nodiscard]] core::Result<bool> File(const std::string& file, ByteSource& source,
                                          rdf::RdfSyntax syntax, const LoadOptions& options,
                                          const core::CancelToken& cancel, LoadCounts& counts,
                                          const std::function<void(LoadError)>& report);
    [[nodiscard]] core::Status Finish();

  private:
    [[nodiscard]] core::Status Take(const rdf::Statement& statement, LoadCounts& counts);
    [[nodiscard]] core::Status Begin();
    [[nodiscard]] rdf::TermId IdOf(const rdf::Term& term);

    GraphStore& store_;
    const std::string graph_iri_, base_;
    std::unique_ptr<Transaction> graph_;
    std::unique_ptr<rdf::Quads> quads_;
    size_t pending_ = 0;                                   ///< statements of this transaction
    std::unordered_map<std::string, rdf::TermId> known_;   ///< by a term's bytes
    std::unordered_map<std::string, rdf::TermId> blanks_;  ///< of this file, by label
};

}  // namespace gyre::graph::load
