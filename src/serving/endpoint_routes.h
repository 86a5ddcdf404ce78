#pragma once

#include <memory>
#include <string>

#include "core/clock.h"
#include "serving/capture/capture_writer.h"
#include "serving/endpoint_state.h"
#include "serving/fleet.h"
#include "serving/routing.h"
#include "serving/shadow/shadow_judge.h"

namespace gyre::serving {

/// What routes are made of beside the endpoint's state.
struct RouteSources {
    const Fleet* fleet = nullptr;                     ///< null: no host is known yet
    double share = 0;                                 ///< of the traffic that goes to the target
    std::shared_ptr<capture::CaptureWriter> capture;  ///< null: nothing is captured
    std::shared_ptr<shadow::ShadowJudge> judge;       ///< null: shadows get nothing
    std::shared_ptr<multi_model::ModelShelf>
        shelf{};                         ///< of multi-model variants; null: there is none yet
    const core::Clock* clock = nullptr;  ///< where there is a judge
};

/// Where the endpoint's predictions go now, and who looks at them.
[[nodiscard]] EndpointRoute RouteOf(const std::string& name, const EndpointState& state,
                                    const RouteSources& sources);

/// Equal for routes that do the same.
[[nodiscard]] std::string SignatureOf(const EndpointRoute& route);

}  // namespace gyre::serving
