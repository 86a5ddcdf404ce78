#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "core/clock.h"
#include "core/guarded.h"
#include "core/result.h"
#include "graph/graphs.h"
#include "net/http_message.h"

namespace gyre::graph::door {

/// POST /system: a token, and with it, within an hour, the reset of the graph ("Neptune fast
/// reset"), `before` which loads are forgotten. Thread-safe.
class SystemPage {
  public:
    using Before = std::function<core::Status(core::SteadyTime deadline)>;
    SystemPage(const Graphs& graphs, const core::Clock& clock, core::milliseconds timeout,
               Before before)
        : graphs_(graphs), clock_(clock), timeout_(timeout), before_(std::move(before)) {}
    [[nodiscard]] core::Result<net::Response> Serve(const net::RequestHead& head,
                                                    const std::string& body);

  private:
    const Graphs& graphs_;
    const core::Clock& clock_;
    const core::milliseconds timeout_;
    const Before before_;
    core::Guarded<std::optional<std::pair<std::string, core::SteadyTime>>> token_;
};

}  // namespace gyre::graph::door
