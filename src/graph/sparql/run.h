#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "graph/exec/context.h"
#include "graph/rdf/quads.h"
#include "graph/sparql/algebra.h"
#include "graph/sparql/value.h"

namespace gyre::graph::sparql {

/// The graphs that a query is about.
struct Dataset {
    /// The default graph is the union of these; none given: of all.
    std::optional<std::vector<TermId>> defaults;
    /// Those that GRAPH finds; none given: all but `hidden`.
    std::optional<std::vector<TermId>> named;
    TermId hidden = rdf::kNoTerm;

    [[nodiscard]] bool Named(TermId graph) const;
};

/// Where a pattern looks: in the default graph, or in one that GRAPH names. GRAPH ?g may move it on
/// between two openings of a source.
struct ActiveGraph {
    TermId named = rdf::kNoTerm;
};

/// Triples that match in the active graph, each once. Those with a graph in `wanted` are of it.
class TripleScan {
  public:
    TripleScan(rdf::QuadScan scan, const std::vector<TermId>* among, bool distinct)
        : scan_(std::move(scan)), among_(among), distinct_(distinct) {}
    [[nodiscard]] bool Next(rdf::Quad& quad);

  private:
    rdf::QuadScan scan_;
    const std::vector<TermId>* among_;  ///< null: in any
    bool distinct_;                     ///< a triple that several graphs have counts once
    rdf::Quad last_;
};

/// A row of an enclosing SELECT that EXISTS looks at.
struct OuterRow {
    const Select* frame = nullptr;
    const TermId* row = nullptr;
};

class Explanation;
class Outside;

/// One query at work: its terms, its graphs and its limits.
class Run {
  public:
    Run(rdf::Quads& store, exec::Context& limits) : quads(store), budget(limits) {}

    rdf::Quads& quads;
    exec::Context& budget;
    Dataset dataset;
    std::string base;                    ///< of IRI()
    Explanation* explanation = nullptr;  ///< where its plan is told; may be null
    Outside* outside = nullptr;          ///< where SERVICE asks; null: nowhere
    std::vector<OuterRow> outer;         ///< the innermost last

    /// The id of a term, which need not be the store's.
    [[nodiscard]] TermId IdOf(const Term& term);
    [[nodiscard]] TermId IdOf(const Value& value);
    [[nodiscard]] std::shared_ptr<const Term> TermOf(TermId id);
    /// Of no term an error.
    [[nodiscard]] Value ValueOf(TermId id);
    [[nodiscard]] TermId NewBlank() { return rdf::MakeId(rdf::Tag::kOwnBlank, ++blanks_); }
    /// BNODE's of a label: one in each row.
    [[nodiscard]] TermId BlankFor(const std::string& label);
    void NextRow() { row_blanks_.clear(); }

    /// `wanted` with a graph looks in that one.
    [[nodiscard]] TripleScan Scan(rdf::Quad wanted, const ActiveGraph& active);
    /// In every named graph, telling which.
    [[nodiscard]] TripleScan ScanNamed(const rdf::Quad& wanted);
    [[nodiscard]] std::vector<TermId> NamedGraphs();

  private:
    std::deque<Term> own_;
    std::unordered_map<std::string, TermId> ids_;  ///< by a term's bytes, as far as it was asked
    std::unordered_map<TermId, std::shared_ptr<const Term>> terms_;
    uint64_t blanks_ = 0;
    std::unordered_map<std::string, TermId> row_blanks_;
};

}  // namespace gyre::graph::sparql
