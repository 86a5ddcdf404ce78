#pragma once

#include <optional>
#include <string>

#include "core/clock.h"
#include "core/json.h"
#include "core/result.h"
#include "telemetry/series.h"

namespace gyre::serving::scaling {

/// A variant that is scaled, out of "endpoint/NAME/variant/NAME".
struct ScaledVariant {
    std::string endpoint;
    std::string variant;

    [[nodiscard]] static std::optional<ScaledVariant> Parse(const std::string& resource_id);
};

/// A TargetTrackingScalingPolicyConfiguration: as many instances as keep a metric at a target.
/// Pure.
struct TargetTracking {
    double target = 1;
    telemetry::Series series;
    std::string statistic;  ///< "Average", "Sum", "Minimum", "Maximum" or "SampleCount"
    /// The metric is a total that the instances share (as InvocationsPerInstance is of
    /// Invocations), so that it says how many are wanted whatever their number is now.
    bool shared = false;
    core::seconds out_cooldown{300};
    core::seconds in_cooldown{300};
    bool scales_in = true;

    /// Errors: ValidationException; kUnimplemented for other predefined metrics and metric math.
    [[nodiscard]] static core::Result<TargetTracking> Read(const core::Json& configuration,
                                                           const ScaledVariant& variant);

    struct Moment {
        int instances = 0;            ///< now
        std::optional<double> value;  ///< of the metric in the last minute
        core::milliseconds since_out{0};
        core::milliseconds since_in{0};
    };
    /// How many there shall be; as many as there are while a cooldown holds or the metric is not
    /// known. Scales in when nine tenths of the target would not be reached either.
    [[nodiscard]] int Wanted(const Moment& moment) const;
    /// The metric's value out of what was measured; nullopt where there is nothing to say.
    [[nodiscard]] std::optional<double> ValueOf(
        const std::optional<telemetry::Statistic>& measured) const;
};

}  // namespace gyre::serving::scaling
