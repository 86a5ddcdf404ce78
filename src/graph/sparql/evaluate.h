#pragma once

#include <memory>
#include <vector>

#include "graph/sparql/algebra.h"
#include "graph/sparql/run.h"
#include "graph/sparql/value.h"

namespace gyre::graph::sparql {

class Builder;
class Source;

/// An expression of one SELECT, ready to be evaluated in its rows.
class Computation {
  public:
    Computation(const Expression& expression, Builder& builder);
    ~Computation();
    Computation(Computation&&) noexcept;
    Computation& operator=(Computation&&) = delete;

    /// In a row; an error's value for an error.
    [[nodiscard]] Value In(const TermId* row);
    /// Whether it is true there.
    [[nodiscard]] bool Holds(const TermId* row);

  private:
    [[nodiscard]] TermId Bound(const TermId* row, Slot slot) const;
    [[nodiscard]] Value Relate(const TermId* row);
    [[nodiscard]] Value Logic(const TermId* row);
    [[nodiscard]] Value Among(const TermId* row);
    [[nodiscard]] Value Call(const TermId* row);
    [[nodiscard]] bool Matches(const TermId* row);

    const Expression& expression_;
    Run& run_;
    const Select& frame_;
    Value constant_;
    std::vector<Computation> of_;
    std::unique_ptr<Source> pattern_;  ///< of EXISTS
    std::vector<Slot> seeds_;          ///< what of a row its source takes
    std::vector<Slot> shared_;         ///< what must agree, besides
    std::vector<TermId> scratch_;
};

}  // namespace gyre::graph::sparql
