#pragma once

#include <memory>
#include <string_view>

#include "core/clock.h"
#include "serving/host_link.h"
#include "serving/routing.h"

namespace gyre::serving::pipeline {

/// What is to be done with the first container's reply, so that `done` gets the last one's: each
/// answer, with its content type, is the next container's request. The first that is no success
/// ends it. `head` is the frame's that the first container gets; `variant` is a part of `table`,
/// which is held until the end, so that no host of it is stopped before; `clock` outlives it.
[[nodiscard]] HostLink::Done Through(std::shared_ptr<const RoutingTable> table,
                                     const VariantRoute& variant, std::string_view head,
                                     const core::Clock& clock, HostLink::Done done);

}  // namespace gyre::serving::pipeline
