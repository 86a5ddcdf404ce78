#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "graph/storage/segment.h"

namespace gyre::graph {

/// Which vertices of a segment have a label, without a look at their rows. What is known of a label
/// is made when it is first asked for, and kept: a bit for every vertex from the first to the last
/// that have it, where one in 64 of those has it or more, else eight bytes for each that has it. So
/// it is at most eight bytes a vertex and label. Thread-safe.
class LabelMembers {
  public:
    explicit LabelMembers(const Segment& segment);
    /// `vertex` is below the segment's bound.
    [[nodiscard]] bool Has(NameId label, uint64_t vertex) const;

  private:
    struct Members {
        std::mutex making;
        std::atomic<bool> made{false};  ///< then the rest stays as it is
        uint64_t first = 0;
        std::vector<uint64_t> bits;     ///< 64 vertices each, from the first
        std::vector<uint64_t> numbers;  ///< ascending
    };
    void Make(const LabelList& list, Members& members) const;

    const Segment& segment_;
    std::vector<std::unique_ptr<Members>> members_;  ///< as the segment's labels stand
    std::vector<uint32_t> places_;                   ///< of a label among them, and one; 0: none
};

}  // namespace gyre::graph
