#include "serving/scaling/target_tracking.h"

#include <algorithm>
#include <cmath>

#include "serving/detail/action_support.h"
#include "serving/names.h"

namespace gyre::serving::scaling {
namespace {

using core::Json;
using core::Result;

constexpr double kReserve = 0.9;
constexpr double kMost = 1e6;
constexpr core::seconds kMetricWindow{60};  // that the metric's value is of

int Whole(double instances) {
    // A hair less, so that a quotient that is whole but for rounding is not one more.
    return static_cast<int>(std::ceil(std::clamp(instances, 0.0, kMost) - 1e-9));
}

core::Status ReadCustomised(const Json& metric, TargetTracking& policy) {
    if (core::JsonFind(metric, "Metrics") != nullptr) {
        return core::Fail(detail::NotBuilt("Metric math in a scaling policy", "name one metric"));
    }
    policy.series.name_space = detail::NameIn(metric, "Namespace");
    policy.series.metric = detail::NameIn(metric, "MetricName");
    policy.statistic = detail::NameIn(metric, "Statistic");
    if (policy.series.name_space.empty() || policy.series.metric.empty() ||
        policy.statistic.empty()) {
        return core::Fail(
            Validation("CustomizedMetricSpecification needs Namespace, MetricName and Statistic."));
    }
    policy.series.unit = detail::NameIn(metric, "Unit");
    if (const Json* dimensions = core::JsonFind(metric, "Dimensions")) {
        for (const Json& dimension : dimensions->as_array()) {
            policy.series.dimensions.emplace_back(detail::NameIn(dimension, "Name"),
                                                  detail::NameIn(dimension, "Value"));
        }
        std::ranges::sort(policy.series.dimensions);
    }
    return {};
}

}  // namespace

std::optional<ScaledVariant> ScaledVariant::Parse(const std::string& resource_id) {
    constexpr std::string_view kEndpoint = "endpoint/";
    constexpr std::string_view kVariant = "/variant/";
    if (!resource_id.starts_with(kEndpoint)) return std::nullopt;
    const size_t middle = resource_id.find(kVariant);
    if (middle == resource_id.npos) return std::nullopt;
    ScaledVariant scaled{
        .endpoint = resource_id.substr(kEndpoint.size(), middle - kEndpoint.size()),
        .variant = resource_id.substr(middle + kVariant.size())};
    if (scaled.endpoint.empty() || scaled.variant.empty()) return std::nullopt;
    return scaled;
}

Result<TargetTracking> TargetTracking::Read(const Json& configuration,
                                            const ScaledVariant& variant) {
    TargetTracking policy;
    policy.target = core::JsonDouble(configuration, "TargetValue").value_or(0);
    if (policy.target <= 0) return core::Fail(Validation("TargetValue must be greater than 0."));
    const auto cooldown = [&](std::string_view member, core::seconds& into) {
        if (const auto value = core::JsonInt(configuration, member)) into = core::seconds(*value);
    };
    cooldown("ScaleOutCooldown", policy.out_cooldown);
    cooldown("ScaleInCooldown", policy.in_cooldown);
    policy.scales_in = !core::JsonBool(configuration, "DisableScaleIn").value_or(false);
    const Json* predefined = core::JsonFind(configuration, "PredefinedMetricSpecification");
    const Json* customised = core::JsonFind(configuration, "CustomizedMetricSpecification");
    if ((predefined == nullptr) == (customised == nullptr)) {
        return core::Fail(
            Validation("You must specify either a predefined or a customized metric "
                       "specification."));
    }
    if (customised != nullptr) {
        GYRE_TRY(ReadCustomised(*customised, policy));
        return policy;
    }
    const std::string type = detail::NameIn(*predefined, "PredefinedMetricType");
    if (type != "SageMakerVariantInvocationsPerInstance") {
        return core::Fail(detail::NotBuilt("The predefined metric " + type,
                                           "use SageMakerVariantInvocationsPerInstance, or a "
                                           "customized metric"));
    }
    policy.series = {"AWS/SageMaker",
                     "Invocations",
                     {{"EndpointName", variant.endpoint}, {"VariantName", variant.variant}},
                     ""};
    policy.statistic = "Sum";
    policy.shared = true;
    return policy;
}

std::optional<double> TargetTracking::ValueOf(
    const std::optional<telemetry::Statistic>& measured) const {
    if (!measured || measured->count <= 0) {
        // Nobody asked anything of it: that is 0 of a total, and of anything else unknown.
        return shared ? std::optional(0.0) : std::nullopt;
    }
    if (statistic == "Sum") return measured->sum;
    if (statistic == "Minimum") return measured->min;
    if (statistic == "Maximum") return measured->max;
    if (statistic == "SampleCount") return measured->count;
    return measured->sum / measured->count;
}

int TargetTracking::Wanted(const Moment& moment) const {
    if (!moment.value) return moment.instances;
    const auto at = [&](double aim) {
        const double all = shared ? *moment.value : *moment.value * std::max(1, moment.instances);
        return Whole(all / aim);
    };
    // A metric that each instance has for itself tells of the change a minute later.
    const core::seconds least = shared ? core::seconds(0) : kMetricWindow;
    const int wanted = at(target);
    if (wanted > moment.instances) {
        return moment.since_out >= std::max(out_cooldown, least) ? wanted : moment.instances;
    }
    const int modest = at(target * kReserve);
    const bool rested = std::min(moment.since_in, moment.since_out) >= std::max(in_cooldown, least);
    return scales_in && rested && modest < moment.instances ? modest : moment.instances;
}

}  // namespace gyre::serving::scaling
