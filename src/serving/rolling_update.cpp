#include "serving/rolling_update.h"

#include <algorithm>
#include <cmath>

#include "serving/detail/action_support.h"
#include "serving/names.h"

namespace gyre::serving {
namespace {

using core::Json;
using core::milliseconds;

/// The instances of a batch that `name` of the policy allows: at most so many percent of a fleet,
/// though one at least.
core::Result<int> BatchOf(const Json& policy, const std::string& name, int instances,
                          int most_percent) {
    const Json& size = *core::JsonFind(policy, name);
    const int64_t value = core::JsonInt(size, "Value").value_or(0);
    const auto of_fleet = [&](int64_t percent) {
        return std::max<int64_t>(1, instances * percent / 100);
    };
    if (detail::NameIn(size, "Type") == "INSTANCE_COUNT") {
        if (value < 1 || value > of_fleet(most_percent)) {
            return core::Fail(Validation(name + " must be between 1 and " +
                                         std::to_string(of_fleet(most_percent)) + ", " +
                                         std::to_string(most_percent) + " percent of the fleet's " +
                                         std::to_string(instances) + " instances."));
        }
        return static_cast<int>(value);
    }
    if (value < 5 || value > most_percent) {
        return core::Fail(Validation(name + " must be between 5 and " +
                                     std::to_string(most_percent) + " percent of the capacity."));
    }
    return static_cast<int>(of_fleet(value));
}

}  // namespace

core::Result<std::optional<RollingUpdate>> RollingUpdate::Read(const Json* config, int instances,
                                                               int old_instances) {
    const Json* policy =
        config == nullptr ? nullptr : core::JsonFind(*config, "RollingUpdatePolicy");
    if (policy == nullptr) return std::optional<RollingUpdate>();
    if (core::JsonFind(*config, "BlueGreenUpdatePolicy") != nullptr) {
        return core::Fail(
            Validation("You can't specify both BlueGreenUpdatePolicy and RollingUpdatePolicy."));
    }
    RollingUpdate rolling;
    rolling.instances = std::max(1, instances);
    rolling.old_instances = rolling.back_batch = std::max(1, old_instances);
    GYRE_ASSIGN(rolling.batch, BatchOf(*policy, "MaximumBatchSize", rolling.instances, 50));
    if (core::JsonFind(*policy, "RollbackMaximumBatchSize") != nullptr) {
        GYRE_ASSIGN(rolling.back_batch,
                    BatchOf(*policy, "RollbackMaximumBatchSize", rolling.old_instances, 100));
    }
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

RollingUpdate::Moment RollingUpdate::Back(int rolled, int old_back) const {
    const double up = static_cast<double>(old_back - back_batch) / old_instances;
    Moment moment;
    moment.old = std::min(1.0, static_cast<double>(old_back) / old_instances);
    moment.fresh = std::clamp(1 - up, 0.0, FractionAfter(rolled));
    moment.next = old_back < old_instances;
    moment.done = !moment.next;
    return moment;
}

int RollingUpdate::BackAfter(double old) const {
    return static_cast<int>(std::ceil(old * old_instances - 1e-9)) + back_batch;
}

Deployment PartOf(Deployment deployment, double part) {
    for (DeployedVariant& variant : deployment.variants) {
        // A hair less, so that a part that is whole but for rounding is not one more.
        variant.count = static_cast<int>(std::ceil(variant.count * part - 1e-9));
    }
    return deployment;
}

}  // namespace gyre::serving
