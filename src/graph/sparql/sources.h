#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "graph/sparql/evaluate.h"
#include "graph/sparql/source.h"

/// The sources that plans are made of. `width` is that of their SELECT's rows.
namespace gyre::graph::sparql {

/// A triple pattern's place: a slot, or a term.
struct Place {
    std::optional<Slot> slot;
    TermId term = rdf::kNoTerm;
};
struct TriplePlaces {
    Place subject, predicate, object;
    std::optional<Slot> graph;  ///< in every named graph, telling which; else in the active one
};

// pattern_sources.cpp
[[nodiscard]] SourcePtr TripleSource(Run& run, size_t width, TriplePlaces places,
                                     std::shared_ptr<const ActiveGraph> active);
/// One row that binds nothing.
[[nodiscard]] SourcePtr UnitSource(size_t width);
[[nodiscard]] SourcePtr NoSource();
[[nodiscard]] SourcePtr ValuesSource(Run& run, size_t width, const Values& values);
[[nodiscard]] SourcePtr UnionSource(std::vector<SourcePtr> branches);
/// `of` in each named graph in turn, which `active` names for it.
[[nodiscard]] SourcePtr EachGraphSource(Run& run, size_t width, Slot graph, SourcePtr of,
                                        std::shared_ptr<ActiveGraph> active);
/// A subselect's columns in the rows of the SELECT around it.
[[nodiscard]] SourcePtr SubSelectSource(Run& run, const SubSelect& sub, size_t width,
                                        const std::shared_ptr<ActiveGraph>& active);

// path_source.cpp
[[nodiscard]] SourcePtr PathSource(Run& run, size_t width, Place subject,
                                   std::shared_ptr<const PropertyPath> path, Place object,
                                   std::shared_ptr<const ActiveGraph> active);

/// The right side of a join.
struct RightSide {
    std::function<SourcePtr(const SlotSet& seeded)> build;
    SlotSet certain, possible;
    double estimate = 0;   ///< rows
    bool keeps = true;     ///< whether what was found may be kept for other rows
    bool seekable = true;  ///< whether it is worth while to look for one row's matches
    std::shared_ptr<const ActiveGraph> active;
};

// join_sources.cpp
/// `left_binds` is what a row of the left side may bind, `outer` what the source is sought by.
[[nodiscard]] SourcePtr JoinSource(Run& run, size_t width, SourcePtr left, SlotSet left_binds,
                                   RightSide right, SlotSet outer);
[[nodiscard]] SourcePtr LeftJoinSource(Run& run, size_t width, SourcePtr left, SlotSet left_binds,
                                       RightSide right, std::vector<Computation> conditions);
[[nodiscard]] SourcePtr MinusSource(Run& run, size_t width, SourcePtr left, SlotSet left_binds,
                                    RightSide right);

// service_source.cpp
/// The left side's rows with what another server finds for them, which is asked for many at once;
/// `optional`: also those for which it finds nothing that the conditions hold of.
[[nodiscard]] SourcePtr ServiceSource(Run& run, const Select& frame, SourcePtr left,
                                      const SlotSet& left_binds, const Service& service,
                                      const SlotSet& outer, bool optional,
                                      std::vector<Computation> conditions);

// row_sources.cpp
[[nodiscard]] SourcePtr FilterSource(Run& run, SourcePtr of, std::vector<Computation> conditions);
[[nodiscard]] SourcePtr ExtendSource(Run& run, SourcePtr of,
                                     std::vector<std::pair<Slot, Computation>> values);
[[nodiscard]] SourcePtr DistinctSource(Run& run, SourcePtr of, std::vector<Slot> columns);
/// Binds nothing but its columns.
[[nodiscard]] SourcePtr ProjectSource(size_t width, SourcePtr of, const std::vector<Slot>& columns);
[[nodiscard]] SourcePtr SliceSource(SourcePtr of, uint64_t offset, std::optional<uint64_t> limit);
/// Only the first `limit` are wanted.
[[nodiscard]] SourcePtr OrderSource(Run& run, size_t width, SourcePtr of,
                                    std::vector<std::pair<Computation, bool>> keys,
                                    std::optional<uint64_t> limit);

// group_source.cpp
[[nodiscard]] SourcePtr GroupSource(Run& run, size_t width, SourcePtr of, std::vector<Slot> keys,
                                    const std::vector<Aggregate>& aggregates, bool one_at_least,
                                    Builder& builder);

}  // namespace gyre::graph::sparql
