#pragma once

#include <string>
#include <unordered_map>

#include "graph/rdf/quads.h"

namespace gyre::graph::rdf {

/// The numbers of one document's terms: its blank nodes are its own, whatever they are called.
class DocumentTerms {
  public:
    /// `quads`, in a writing transaction, outlives it.
    explicit DocumentTerms(Quads& quads) : quads_(quads) {}

    [[nodiscard]] TermId operator()(const Term& term) {
        if (!term.IsBlank()) return quads_.Intern(term);
        const auto [entry, added] = blanks_.emplace(term.text, kNoTerm);
        if (added) entry->second = quads_.NewBlank();
        return entry->second;
    }

  private:
    Quads& quads_;
    std::unordered_map<std::string, TermId> blanks_;
};

}  // namespace gyre::graph::rdf
