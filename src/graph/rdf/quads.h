#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/result.h"
#include "graph/rdf/term.h"
#include "graph/rdf/term_id.h"
#include "graph/storage/graph_store.h"

namespace gyre::graph::rdf {

/// Where triples go that name no graph (Neptune documentation, "SPARQL default graph and named
/// graphs").
inline constexpr std::string_view kDefaultGraph =
    "http://aws.amazon.com/neptune/vocab/v01/DefaultNamedGraph";

/// What relative IRIs are seen from where nothing else says it ("Loading data", Neptune
/// documentation: baseUri).
inline constexpr std::string_view kDefaultBase = "http://aws.amazon.com/neptune/default";

/// What a query's default graph is where it names none.
enum class DefaultGraph : uint8_t {
    kUnion,      ///< all graphs, as in Neptune
    kExclusive,  ///< only what was written without a graph
};

struct Quad {
    TermId subject = kNoTerm;
    TermId predicate = kNoTerm;
    TermId object = kNoTerm;
    TermId graph = kNoTerm;
    bool operator==(const Quad&) const = default;
};

/// Quads with given parts, in the order of one index.
class QuadScan {
  public:
    /// `parts` are the four terms' places in the keys.
    QuadScan(std::unique_ptr<KvCursor> cursor, std::array<uint8_t, 4> places, const Quad& wanted)
        : cursor_(std::move(cursor)), places_(places), wanted_(wanted) {}
    /// False at the end, or when a read failed (Transaction::Health tells).
    [[nodiscard]] bool Next(Quad& quad);
    /// Whether a triple's graphs follow one another.
    [[nodiscard]] bool GraphsLast() const { return places_[3] == 3; }

  private:
    std::unique_ptr<KvCursor> cursor_;
    std::array<uint8_t, 4> places_;  ///< part of the quad -> place in the key
    Quad wanted_;
};

/// The RDF of a store, in one transaction: a dictionary of terms, and quads in four orders
/// (docs/formats/graph_rdf.md). What it writes is the transaction's, once Flush has been called.
class Quads {
  public:
    explicit Quads(Transaction& graph) : graph_(graph), tables_(graph.Tables()) {}

    /// The id of a term that some quad has had; of a blank node by the label that results show.
    [[nodiscard]] std::optional<TermId> Find(const Term& term);
    /// The term of an id of this store; an empty IRI for one that it does not know.
    [[nodiscard]] Term Read(TermId id);

    /// Those that have the parts of `wanted` that are set.
    [[nodiscard]] QuadScan Scan(const Quad& wanted);
    [[nodiscard]] bool Has(const Quad& quad);
    /// How many there are: in all, with a predicate, in a graph.
    [[nodiscard]] uint64_t Count();
    [[nodiscard]] uint64_t CountPredicate(TermId predicate);
    [[nodiscard]] uint64_t CountGraph(TermId graph);
    /// How many terms have been given a number.
    [[nodiscard]] uint64_t Terms();
    /// The graphs that have quads.
    [[nodiscard]] std::vector<TermId> Graphs();
    [[nodiscard]] std::vector<std::pair<TermId, uint64_t>> Predicates();

    // For a writing transaction.
    [[nodiscard]] TermId Intern(const Term& term);
    [[nodiscard]] TermId NewBlank();
    /// This number is taken: later ones are above it.
    void TakeNumber(uint64_t number);
    /// False when it was there.
    bool Add(const Quad& quad);
    /// False when it was not there.
    bool Remove(const Quad& quad);
    /// All that were there before the transaction go; its own reads see them still.
    void Clear();
    /// Writes what was gathered; before the transaction commits.
    void Flush();

    [[nodiscard]] Transaction& Graph() { return graph_; }

  private:
    [[nodiscard]] uint64_t ReadCount(const std::string& key);
    [[nodiscard]] std::vector<std::pair<TermId, uint64_t>> Counts(char kind);
    void Note(const Quad& quad, int64_t by);
    [[nodiscard]] std::string Line(const Quad& quad);
    [[nodiscard]] uint64_t NextNumber();

    Transaction& graph_;
    KvTransaction& tables_;
    std::unordered_map<std::string, int64_t> count_changes_;
    std::optional<uint64_t> next_;  ///< term number, once one was needed
    std::string key_;               ///< scratch
    std::string value_;             ///< scratch
};

}  // namespace gyre::graph::rdf
