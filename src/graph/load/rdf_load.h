#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/cancel.h"
#include "core/result.h"
#include "graph/load/load_file.h"
#include "graph/rdf/bulk_quads.h"
#include "graph/rdf/quads.h"
#include "graph/rdf/reader.h"

namespace gyre::graph::load {

/// The loader's name of a format: "ntriples", "nquads", "turtle", "rdfxml", and "trig" besides.
[[nodiscard]] std::optional<rdf::RdfSyntax> RdfSyntaxOf(std::string_view format);

/// Loads files of RDF, many statements a transaction: what came before a failure stays. Loading a
/// file again changes nothing, unless it has blank nodes, which are new each time. Statements go
/// past the log (rdf/bulk_quads.h) unless the store keeps its changes.
class RdfLoad {
  public:
    /// Statements without a graph go to `graph`; relative IRIs are seen from `base`. It holds about
    /// `memory` bytes.
    RdfLoad(GraphStore& store, std::string graph, std::string base, uint64_t memory)
        : store_(store), graph_iri_(std::move(graph)), base_(std::move(base)), memory_(memory) {}

    /// Called before each flush, to write what is to be durable together with it.
    void OnFlush(std::function<void(const rdf::BulkQuads::PutNote&)> note) {
        note_ = std::move(note);
    }
    /// As LoadFile. What is not flushed when it returns is for Finish, until when `counts` stays
    /// where it is: how many were there already is known only then.
    [[nodiscard]] core::Result<bool> File(const std::string& file, ByteSource& source,
                                          rdf::RdfSyntax syntax, const LoadOptions& options,
                                          const core::CancelToken& cancel, LoadCounts& counts,
                                          const LoadReport& report);
    [[nodiscard]] core::Status Finish();

  private:
    struct Part {
        uint64_t begin = 0;  ///< the place of its first statement in this transaction
        LoadCounts* counts = nullptr;
    };
    [[nodiscard]] core::Status Take(const rdf::Statement& statement, LoadCounts& counts);
    [[nodiscard]] core::Status Begin();
    [[nodiscard]] rdf::TermId IdOf(const rdf::Term& term);
    [[nodiscard]] core::Status FinishBulk();
    [[nodiscard]] core::Status FinishLogged();

    GraphStore& store_;
    const std::string graph_iri_, base_;
    const uint64_t memory_;
    std::function<void(const rdf::BulkQuads::PutNote&)> note_;
    std::unique_ptr<rdf::BulkQuads> bulk_;
    // Where changes are kept:
    std::unique_ptr<Transaction> graph_;
    std::unique_ptr<rdf::Quads> quads_;
    std::unordered_map<std::string, rdf::TermId> known_;  ///< by a term's bytes

    size_t pending_ = 0;                                   ///< statements of this transaction
    std::deque<Part> parts_;                               ///< files of this transaction
    rdf::TermId default_ = rdf::kNoTerm;                   ///< of graph_iri_, once asked for
    std::unordered_map<std::string, rdf::TermId> blanks_;  ///< of this file, by label
};

}  // namespace gyre::graph::load
