#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "graph/storage/graph_store.h"

namespace gyre::graph::exec {

/// An index that would spare a scan. It is asked for, once, when many elements were gone through
/// for few that were sought.
class IndexWish {
  public:
    IndexWish() = default;  ///< none would
    explicit IndexWish(IndexedProperty property) : property_(property) {}
    [[nodiscard]] explicit operator bool() const { return property_.has_value(); }

    /// So many more were gone through, and so many were sought.
    void Count(Transaction& graph, uint64_t gone_through, uint64_t sought) {
        gone_through_ += gone_through;
        sought_ += sought;
        if (property_ && gone_through_ >= kMany && sought_ <= gone_through_ / kFew) Ask(graph);
    }
    void Ask(Transaction& graph) {
        if (property_) graph.WantIndex(*std::exchange(property_, std::nullopt));
    }

  private:
    static constexpr uint64_t kMany = 2000;
    static constexpr uint64_t kFew = 16;  ///< one in so many

    std::optional<IndexedProperty> property_;
    uint64_t gone_through_ = 0;
    uint64_t sought_ = 0;
};

}  // namespace gyre::graph::exec
