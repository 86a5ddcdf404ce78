#pragma once

#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "graph/sparql/sources.h"

namespace gyre::graph::sparql {

/// The rows of a join's right side that agree with a row of the left. As long as that is cheaper
/// it looks for each row's matches; once it has looked as often as reading the whole right side
/// would have cost, it does that and looks in a hash table from then on. So the cost is at most
/// twice that of the better way, whatever the estimates were worth.
class Matcher {
  public:
    Matcher(Run& run, size_t width, RightSide right, const SlotSet& left_binds);

    /// Begins with a row of the left side, which is valid until the next call.
    void Find(const TermId* left);
    /// The next row that agrees with it; only what the right side binds. False: no more.
    [[nodiscard]] bool Next(TermId* right);

    [[nodiscard]] const std::vector<Slot>& Columns() const { return columns_; }
    [[nodiscard]] const std::vector<Slot>& Shared() const { return shared_; }

  private:
    [[nodiscard]] bool WantsTable();
    void Fill();
    [[nodiscard]] bool AgreesWith(const TermId* right) const;
    [[nodiscard]] uint64_t HashOf(const TermId* values) const;
    void Row(size_t index, TermId* right) const;

    Run& run_;
    const size_t width_;
    const RightSide right_;
    std::vector<Slot> columns_;  ///< what the right side may bind
    std::vector<Slot> shared_;   ///< and the left side too
    std::vector<Slot> seeds_;    ///< what it is sought by
    SourcePtr sought_;
    double probes_ = 0;
    const TermId* left_ = nullptr;
    std::vector<TermId> seed_;

    bool filled_ = false;
    TermId filled_for_ = rdf::kNoTerm;  ///< the active graph then
    std::vector<TermId> table_;         ///< rows of columns_
    std::vector<size_t> keys_;          ///< columns that are shared and bound in all its rows
    std::vector<uint32_t> buckets_, next_;
    bool from_table_ = false;
    bool by_hash_ = false;
    size_t at_ = 0;  ///< in the table, from 1
};

}  // namespace gyre::graph::sparql
