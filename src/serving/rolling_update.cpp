#include "serving/rolling_update.h"

#include <algorithm>
#include <cmath>

#include "serving/detail/action_support.h"
#include "serving/names.h"

namespace gyre::serving {
namespace {

using core::Json;
using core::milliseconds;

core::Result<int> BatchOf(const Json& size, int instances) {
    const int64_t value = core::JsonInt(size, "Value").value_or(0);
    if (detail::NameIn(size, "Type") == "INSTANCE_COUNT") {
        if (value < 1 || value > instances) {
            return core::Fail(
                Validation("MaximumBatchSize must be at most the instances of the "
                           "new fleet, " +
                           std::to_string(instances) + "."));
        }
        return static_cast<int>(value);
    }
    if (value < 5 || value > 50) {
        return core::Fail(
            Validation("MaximumBatchSize must be between 5 and 50 percent of the capacity."));
    }
    return std::max(1, static_cast<int>(std::floor(static_cast<double>(instances * value) / 100)));
}

}  // namespace

core::Result<std::optional<RollingUpdate>> RollingUpdate::Read(const Json* config, int instances) {
    const Json* policy =
        config == nullptr ? nullptr : core::JsonFind(*config, "RollingUpdatePolicy");
    if (policy == nullptr) return std::optional<RollingUpdate>();
    if (core::JsonFind(*config, "BlueGreenUpdatePolicy") != nullptr) {
        return core::Fail(
            Validation("You can't specify both BlueGreenUpdatePolicy and RollingUpdatePolicy."));
    }
    RollingUpdate rolling;
    rolling.instances = std::max(1, instances);
    GYRE_ASSIGN(rolling.batch,
                BatchOf(*core::JsonFind(*policy, "MaximumBatchSize"), rolling.instances));
    rolling.wait = core::seconds(core::JsonInt(*policy, "WaitIntervalInSeconds").value_or(0));
    rolling.longest = core::seconds(core::JsonInt(*policy, "MaximumExecutionTimeoutInSeconds")
                                        .value_or(rolling.longest.count()));
    return std::optional(rolling);
}

double RollingUpdate::FractionAfter(int batches) const {
    return std::clamp(static_cast<double>(batches * batch) / instances, 0.0, 1.0);
}

RollingUpdate::Moment RollingUpdate::At(int rolled, milliseconds since) const {
    Moment moment;
    const bool watched = rolled > 0 && since < wait;
    if (watched) {
        moment.fresh = FractionAfter(rolled);
        moment.old = 1 - FractionAfter(rolled - 1);
        moment.again = milliseconds(wait) - since;
        return moment;
    }
    moment.done = rolled >= Batches();
    moment.next = !moment.done;
    moment.fresh = FractionAfter(rolled + 1);
    moment.old = 1 - FractionAfter(rolled);
    return moment;
}

Deployment PartOf(Deployment deployment, double part) {
    for (DeployedVariant& variant : deployment.variants) {
        // A hair less, so that a part that is whole but for rounding is not one more.
        variant.count = static_cast<int>(std::ceil(variant.count * part - 1e-9));
    }
    return deployment;
}

}  // namespace gyre::serving
