#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "serving/host_link.h"

namespace gyre::serving {

/// Several Prometheus texts as one: each family once, with the samples of all.
[[nodiscard]] std::string MergePrometheusTexts(const std::vector<std::string>& texts);

/// What those hosts count, of as many as answer within `longest`. Blocks: never on an io thread.
[[nodiscard]] std::string MergedHostMetrics(const std::vector<std::shared_ptr<HostLink>>& hosts,
                                            core::milliseconds longest);

}  // namespace gyre::serving
