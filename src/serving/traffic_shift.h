#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/json.h"
#include "core/result.h"

namespace gyre::serving {

/// How an update moves an endpoint's traffic from what serves to what shall, once that is up:
/// BlueGreenUpdatePolicy and AutoRollbackConfiguration of a DeploymentConfig. Pure.
struct TrafficShift {
    enum class Type { kAllAtOnce, kCanary, kLinear };
    Type type = Type::kAllAtOnce;
    double step = 1;               ///< share of the traffic: of the canary, or of each step
    core::seconds wait{0};         ///< after each step, and after the last
    core::seconds keep_old{0};     ///< of the old fleet, once it has no traffic
    core::seconds longest{28800};  ///< of it all, from the update on; then it is rolled back
    std::vector<std::string> alarms;

    /// `config`: a DeploymentConfig or null; `instances`: of the new fleet. Errors:
    /// ValidationException in SageMaker's words for sizes that make no sense.
    [[nodiscard]] static core::Result<TrafficShift> Read(const core::Json* config, int instances);

    struct Step {
        double share = 1;   ///< of the traffic that the new fleet gets
        bool done = false;  ///< the old fleet may go
        /// Until the next change; nullopt when done.
        std::optional<core::milliseconds> next;
    };
    /// What holds so long after the new fleet was up.
    [[nodiscard]] Step At(core::milliseconds since_up) const;
};

}  // namespace gyre::serving
