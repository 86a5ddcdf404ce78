#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "serving/host_link.h"
#include "serving/routing.h"

namespace gyre::serving::pipeline {

/// The containers behind the first.
using Further = std::shared_ptr<const std::vector<ContainerRoute>>;

/// What is to be done with the first container's reply, so that `done` gets the last one's: each
/// answer, with its content type, is the next container's request. The first that is no success
/// ends it. `head` is the frame's that the first container gets; where it asks for parts, it is the
/// last container that is asked for them, so that it is changed. `further` is held until the end,
/// so that with a routing table behind it no host is stopped before; `clock` outlives it.
[[nodiscard]] HostLink::Done Through(Further further, std::string& head, const core::Clock& clock,
                                     HostLink::Done done);

}  // namespace gyre::serving::pipeline
