#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/clock.h"
#include "core/guarded.h"
#include "core/json.h"
#include "core/result.h"
#include "graph/graphs.h"
#include "net/http_message.h"

namespace gyre::graph::door {

/// What a graph is made of, as Neptune's summaries have it.
struct CountedGraph {
    core::JsonObject summary, detailed;
    uint64_t signatures = 0, instances = 0, predicates = 0;
};

/// /propertygraph/statistics, /sparql/statistics and their summaries: Neptune's Get…Statistics,
/// Manage…Statistics, Delete…Statistics and Get…Summary. They are computed when they are asked for
/// and older than a minute, by whoever asks. Thread-safe.
class Statistics {
  public:
    using Count =
        std::function<core::Result<CountedGraph>(Transaction&, const std::function<bool()>& go_on)>;
    Statistics(const Graphs& graphs, const core::Clock& clock, core::milliseconds timeout,
               Count count)
        : graphs_(graphs), clock_(clock), timeout_(timeout), count_(std::move(count)) {}

    /// The path ends in /statistics or /statistics/summary.
    [[nodiscard]] core::Result<net::Response> Serve(const net::RequestHead& head,
                                                    const std::string& body);

  private:
    struct Known {
        CountedGraph graph;
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

    const Graphs& graphs_;
    const core::Clock& clock_;
    const core::milliseconds timeout_;
    const Count count_;
    core::Guarded<State> state_;
};

[[nodiscard]] core::Result<CountedGraph> CountPropertyGraph(Transaction& graph,
                                                            const std::function<bool()>& go_on);
[[nodiscard]] core::Result<CountedGraph> CountRdf(Transaction& graph,
                                                  const std::function<bool()>& go_on);

}  // namespace gyre::graph::door
