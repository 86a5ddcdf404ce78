#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "graph/sparql/algebra.h"
#include "graph/sparql/evaluate.h"
#include "graph/sparql/run.h"

namespace gyre::graph::sparql {

using SlotSet = std::set<Slot>;

/// A part of a plan: rows that are pulled out of it. A row has a term for each slot of its SELECT,
/// kNoTerm where it is unbound.
class Source {
  public:
    virtual ~Source() = default;
    /// Begins anew, with those rows only that agree with what `seed` (a row) binds. The seed binds
    /// no slots but those that the source was built for.
    virtual void Open(const TermId* seed) = 0;
    /// False at the end, and when the query is to stop (Run::budget).
    [[nodiscard]] virtual bool Next(TermId* row) = 0;
};
using SourcePtr = std::unique_ptr<Source>;

struct Place;
struct RightSide;

/// Makes sources of algebra, for the rows of one SELECT.
class Builder {
  public:
    Builder(Run& run, const Select& frame,
            std::shared_ptr<ActiveGraph> active = std::make_shared<ActiveGraph>())
        : run_(run), frame_(frame), active_(std::move(active)) {}

    /// Of a pattern whose rows may be sought by `seeded`, slots that Certain(node) has.
    [[nodiscard]] SourcePtr Build(const Node& node, const SlotSet& seeded);
    /// Of the whole SELECT: its rows bind its columns.
    [[nodiscard]] SourcePtr BuildSelect();
    /// Of its pattern, its groups and what it computes: before it is cut to its columns.
    [[nodiscard]] SourcePtr BuildMatches();

    [[nodiscard]] Run& Running() const { return run_; }
    [[nodiscard]] const Select& Frame() const { return frame_; }
    [[nodiscard]] size_t Width() const { return frame_.Width(); }
    /// The same, for what stands within EXISTS: nothing is kept from row to row, as filters there
    /// may look at the row around.
    [[nodiscard]] Builder WithinExists() const;

  private:
    /// A part of a join, in any order.
    struct Atom {
        const TriplePattern* triple = nullptr;  ///< or
        const PathPattern* path = nullptr;      ///< or
        const Node* node = nullptr;
    };
    void Flatten(const Node& node, std::vector<Atom>& atoms) const;
    [[nodiscard]] SourcePtr Chain(std::vector<Atom> atoms,
                                  std::vector<const Expression*> conditions, const SlotSet& seeded);
    [[nodiscard]] size_t Cheapest(const std::vector<Atom>& atoms, const SlotSet& bound);
    [[nodiscard]] static const Service* ServiceOf(const Atom& atom);
    [[nodiscard]] SlotSet CertainOf(const Atom& atom) const;
    [[nodiscard]] SlotSet PossibleOf(const Atom& atom) const;
    [[nodiscard]] SourcePtr BuildAtom(const Atom& atom, const SlotSet& seeded);
    [[nodiscard]] RightSide Right(const Atom& atom);
    [[nodiscard]] bool Explains() const;
    /// The source, told in the explanation where there is one.
    [[nodiscard]] SourcePtr Told(const char* name, std::string arguments, SourcePtr source) const;
    [[nodiscard]] std::string TextOf(const Atom& atom);
    [[nodiscard]] SourcePtr BuildGraph(const InGraph& graph, const SlotSet& seeded);
    [[nodiscard]] std::vector<Computation> Computations(
        const std::vector<const Expression*>& expressions);
    [[nodiscard]] Place PlaceOf(const PatternTerm& term);

    // estimate.cpp: about how many rows there are, where these slots are bound.
    [[nodiscard]] double Estimate(const Node& node, const SlotSet& bound);
    [[nodiscard]] double Estimate(const Atom& atom, const SlotSet& bound);
    [[nodiscard]] double EstimateTriple(const TriplePattern& triple, const SlotSet& bound);
    [[nodiscard]] double CountTriple(const TriplePattern& triple);

    Run& run_;
    const Select& frame_;
    /// Where its patterns look; another one within GRAPH.
    std::shared_ptr<ActiveGraph> active_;
    std::optional<Slot> graph_slot_;  ///< each triple binds its graph there
    bool keeps_ = true;
    std::map<const TriplePattern*, double> counts_;
};

/// Slots that each row of a pattern binds, and those that one may.
[[nodiscard]] SlotSet Certain(const Node& node);
[[nodiscard]] SlotSet Possible(const Node& node);
/// Variables that an expression looks at.
void AddVariables(const Expression& expression, SlotSet& slots);
[[nodiscard]] bool HasExists(const Expression& expression);
[[nodiscard]] SlotSet Intersection(const SlotSet& a, const SlotSet& b);

}  // namespace gyre::graph::sparql
