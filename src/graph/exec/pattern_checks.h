#pragma once

#include <cstddef>
#include <vector>

#include "graph/plan/row.h"

namespace gyre::graph::exec {

/// When a MATCH's conditions can be told, while its patterns are walked along: what a condition
/// reads may be bound long before the last hop, and then it spares the rest of the way. Only
/// conditions that cannot fail are told early (comparisons of properties, ids, constants): what may
/// fail does so only for whole matches.
class PatternChecks {
  public:
    using Conditions = std::vector<const plan::Expression*>;
    PatternChecks(const std::vector<plan::PathPattern>& patterns, const plan::ExpressionPtr& where);

    /// Those to look at when the pattern, walked from its node `start` to its end and then back to
    /// its beginning, has taken `step` hops.
    [[nodiscard]] const Conditions& After(size_t pattern, size_t start, size_t step) {
        std::vector<Conditions>& plan = plans_[pattern][start];
        if (plan.empty()) Plan(pattern, start);
        return plan[step];
    }
    /// Those that are left when all patterns hold.
    [[nodiscard]] const Conditions& Last() const { return last_; }
    [[nodiscard]] bool Any() const { return !early_.empty() || !last_.empty(); }

  private:
    struct Early {
        const plan::Expression* condition = nullptr;
        size_t pattern = 0;         ///< the last that binds what it reads
        std::vector<size_t> slots;  ///< which that one binds
    };
    void Add(const plan::Expression& condition);
    void Plan(size_t pattern, size_t start);

    const std::vector<plan::PathPattern>& patterns_;
    std::vector<Early> early_;
    Conditions last_;
    /// By pattern and start; empty: not made yet.
    std::vector<std::vector<std::vector<Conditions>>> plans_;
};

}  // namespace gyre::graph::exec
