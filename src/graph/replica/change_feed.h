#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "graph/storage/graph_store.h"

namespace gyre::graph::replica {

/// What has happened to a graph since a commit: whole commits, in order.
struct ChangeFeed {
    std::string epoch;     ///< GraphStore::Epoch
    uint64_t last = 0;     ///< the graph's last commit
    uint64_t through = 0;  ///< these are all up to this one
    std::vector<LoggedChange> changes;
};

/// Of the commits after `after`; about `most` changes, but at least one commit. Errors:
/// kUnimplemented where changes are not kept.
[[nodiscard]] core::Result<ChangeFeed> ReadFeed(GraphStore& store, uint64_t after, size_t most);

/// As bytes between servers (docs/formats/graph_replication.md).
[[nodiscard]] std::string EncodeFeed(const ChangeFeed& feed);
/// Errors: kInternal.
[[nodiscard]] core::Result<ChangeFeed> DecodeFeed(std::string_view bytes);

}  // namespace gyre::graph::replica
