#pragma once

#include <optional>

#include "core/clock.h"
#include "core/json.h"
#include "core/result.h"
#include "serving/deployment.h"
#include "serving/endpoint_state.h"

namespace gyre::serving {

/// How an update replaces an endpoint's instances batch by batch: RollingUpdatePolicy of a
/// DeploymentConfig. A batch of new instances comes up, gets its share of the traffic, is watched,
/// and then as many old ones go. Pure.
struct RollingUpdate {
    int instances = 1;  ///< of the new fleet
    int batch = 1;      ///< of them at once
    int old_instances = 1;
    int back_batch = 1;  ///< of the old ones at once, on the way back
    core::seconds wait{0};
    core::seconds longest{28800};

    /// Where the configuration (which may be null) has such a policy. Errors: ValidationException.
    [[nodiscard]] static core::Result<std::optional<RollingUpdate>> Read(const core::Json* config,
                                                                         int instances,
                                                                         int old_instances);
    [[nodiscard]] int Batches() const { return (instances + batch - 1) / batch; }
    /// The part of the new fleet that so many batches are.
    [[nodiscard]] double FractionAfter(int batches) const;

    /// What is to be up at a moment of the update.
    struct Moment {
        double fresh = 0;   ///< part of the new fleet
        double old = 1;     ///< part of the old one
        bool next = false;  ///< the next batch is on its way; else one is watched
        bool done = false;  ///< the old fleet may go
        /// Until the batch that is watched was for long enough; nullopt where none is.
        std::optional<core::milliseconds> again;
    };
    /// `rolled`: batches that serve; `since`: the last of them began to.
    [[nodiscard]] Moment At(int rolled, core::milliseconds since) const;
    /// The same on the way back, where `old_back` instances of the old fleet are up or are to be:
    /// the new fleet keeps what the batches before the last leave it. `done`: with these all are.
    [[nodiscard]] Moment Back(int rolled, int old_back) const;
    /// What `old_back` is for the first batch, where that part of the old fleet is up.
    [[nodiscard]] int BackAfter(double old) const;
};

class Fleet;
/// The new fleet's share of the traffic: that of the batches which serve, and where the update goes
/// back no more than what the old instances that are up again leave.
[[nodiscard]] double RollingShare(const EndpointState& state, const RollingUpdate& rolling,
                                  const Fleet& fleet);
/// The deployment with that part of its instances, rounded up (variants keep one as long as it is
/// more than nothing).
[[nodiscard]] Deployment PartOf(Deployment deployment, double part);

}  // namespace gyre::serving
