#include "serving/traffic_shift.h"

#include <algorithm>
#include <cmath>

#include "serving/detail/action_support.h"
#include "serving/names.h"

namespace gyre::serving {
namespace {

using core::Json;
using core::milliseconds;
using core::Result;

// AWS's bounds of a canary and of a linear step.
constexpr double kLargestStep = 0.5;
constexpr double kSmallestLinearStep = 0.1;

/// The share that a CapacitySize means; `least`: 0 for any.
Result<double> ShareOf(const Json* size, int instances, const std::string& member, double least) {
    if (size == nullptr) {
        return core::Fail(
            Validation(member + " must be specified for this type of traffic routing."));
    }
    const double value = core::JsonDouble(*size, "Value").value_or(0);
    const bool percent = detail::NameIn(*size, "Type") == "CAPACITY_PERCENT";
    const double share = percent ? value / 100 : value / std::max(1, instances);
    if (share <= 0 || share > kLargestStep) {
        return core::Fail(Validation(member + " must be more than nothing and at most half of the "
                                              "new fleet's capacity."));
    }
    if (share < least) {
        return core::Fail(
            Validation(member + " must be 10 to 50 percent of the new fleet's capacity."));
    }
    return share;
}

core::seconds SecondsIn(const Json& json, std::string_view member, core::seconds otherwise) {
    const auto value = core::JsonInt(json, member);
    return value ? core::seconds(*value) : otherwise;
}

}  // namespace

Result<TrafficShift> TrafficShift::Read(const Json* config, int instances) {
    TrafficShift shift;
    if (config == nullptr) return shift;
    if (const Json* rollback = core::JsonFind(*config, "AutoRollbackConfiguration")) {
        const Json* alarms = core::JsonFind(*rollback, "Alarms");
        if (alarms != nullptr) {
            for (const Json& alarm : alarms->as_array()) {
                shift.alarms.push_back(detail::NameIn(alarm, "AlarmName"));
            }
        }
    }
    const Json* policy = core::JsonFind(*config, "BlueGreenUpdatePolicy");
    if (policy == nullptr) return shift;
    shift.keep_old = SecondsIn(*policy, "TerminationWaitInSeconds", shift.keep_old);
    shift.longest = SecondsIn(*policy, "MaximumExecutionTimeoutInSeconds", shift.longest);
    const Json* routing = core::JsonFind(*policy, "TrafficRoutingConfiguration");
    if (routing == nullptr) return shift;
    shift.wait = SecondsIn(*routing, "WaitIntervalInSeconds", shift.wait);
    const std::string type = detail::NameIn(*routing, "Type");
    if (type == "CANARY") {
        shift.type = Type::kCanary;
        GYRE_ASSIGN(shift.step,
                    ShareOf(core::JsonFind(*routing, "CanarySize"), instances, "CanarySize", 0));
    } else if (type == "LINEAR") {
        shift.type = Type::kLinear;
        GYRE_ASSIGN(shift.step, ShareOf(core::JsonFind(*routing, "LinearStepSize"), instances,
                                        "LinearStepSize", kSmallestLinearStep));
    }
    return shift;
}

TrafficShift::Step TrafficShift::At(milliseconds since_up) const {
    const int64_t steps = type == Type::kAllAtOnce ? 1
                          : type == Type::kCanary
                              ? 2
                              : static_cast<int64_t>(std::ceil(1 / step - 1e-9));
    const milliseconds each = wait;
    const milliseconds all = each * steps + milliseconds(keep_old);
    if (since_up >= all) return {.share = 1, .done = true, .next = std::nullopt};
    const int64_t past = each.count() == 0 ? steps : since_up / each;
    if (past >= steps) return {.share = 1, .done = false, .next = all - since_up};
    const milliseconds until_next = each * (past + 1) - since_up;
    if (past + 1 == steps) return {.share = 1, .done = false, .next = until_next};
    return {.share = std::min(1.0, step * static_cast<double>(past + 1)),
            .done = false,
            .next = until_next};
}

}  // namespace gyre::serving
