#pragma once

#include <optional>
#include <string>

#include "core/clock.h"
#include "core/guarded.h"
#include "core/result.h"
#include "graph/storage/graph_store.h"
#include "graph/storage/summary.h"
#include "net/http_message.h"

namespace gyre::graph::door {

/// /propertygraph/statistics and its summary: Neptune's GetPropertygraphStatistics,
/// ManagePropertygraphStatistics, DeletePropertygraphStatistics and GetPropertygraphSummary. They
/// are computed when they are asked for and older than a minute, by whoever asks. Thread-safe.
class Statistics {
  public:
    Statistics(GraphStore& store, const core::Clock& clock, core::milliseconds timeout)
        : store_(store), clock_(clock), timeout_(timeout) {}

    /// `path` is below /propertygraph/statistics.
    [[nodiscard]] core::Result<net::Response> Serve(const net::RequestHead& head,
                                                    const std::string& body);

  private:
    struct Known {
        GraphSummary summary;
        core::WallTime at;
        int64_t id = 0;
    };
    struct State {
        bool automatic = true;
        std::optional<Known> known;
        int64_t next_id = 1;
    };

    [[nodiscard]] core::Result<Known> Latest(bool anew);
    [[nodiscard]] core::Result<net::Response> Manage(const std::string& body);
    [[nodiscard]] core::Result<net::Response> Summary(bool detailed);

    GraphStore& store_;
    const core::Clock& clock_;
    const core::milliseconds timeout_;
    core::Guarded<State> state_;
};

}  // namespace gyre::graph::door
