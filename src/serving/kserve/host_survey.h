#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "net/io_loop.h"
#include "serving/host_protocol.h"
#include "serving/routing.h"
#include "serving/run_statistics.h"

namespace gyre::serving::kserve {

/// Asks the connected hosts of an endpoint how they fare. `done` runs once, on an io thread or
/// within the call, with those that are ready and answered within some seconds.
void Survey(net::IoLoop& loop, const EndpointRoute& route,
            std::function<void(const std::vector<HostStatus>& hosts)> done);

/// The same for several endpoints, by name.
void SurveyAll(
    net::IoLoop& loop, const std::vector<std::shared_ptr<const EndpointRoute>>& routes,
    std::function<void(const std::map<std::string, std::vector<HostStatus>>& models)> done);

[[nodiscard]] RunStatistics AddUp(const std::vector<HostStatus>& hosts);

}  // namespace gyre::serving::kserve
