#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "core/result.h"
#include "graph/rdf/quads.h"

namespace gyre::graph::rdf {

/// What a store's RDF is made of, by IRI.
struct RdfSummary {
    uint64_t quads = 0;
    uint64_t subjects = 0;
    std::map<std::string, uint64_t> predicates;
    std::set<std::string> classes;
    /// How many subjects have just these predicates.
    std::map<std::set<std::string>, uint64_t> structures;
};

/// Goes through all quads. Errors: kDeadlineExceeded when `go_on` says no; the store's.
[[nodiscard]] core::Result<RdfSummary> Summarise(Quads& quads, const std::function<bool()>& go_on);

}  // namespace gyre::graph::rdf
