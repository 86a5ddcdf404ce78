#pragma once

#include <string>

#include "catalog/catalog.h"
#include "core/clock.h"
#include "telemetry/alarm.h"
#include "telemetry/metric_store.h"
#include "wire/action.h"

namespace gyre::telemetry {

inline constexpr const char* kAlarmKind = "cloudwatch.alarm";

/// CloudWatch's alarms over the metrics that are here. An alarm's state is judged when somebody
/// asks: there is nothing that could act on it by itself but who asks (an endpoint's rollout).
/// Thread-safe.
class Alarms {
  public:
    /// All outlive it.
    Alarms(catalog::Catalog& catalog, const MetricStore& metrics, const core::Clock& clock)
        : catalog_(catalog), metrics_(metrics), clock_(clock) {}

    /// The state now. Errors: kNotFound.
    [[nodiscard]] core::Result<Alarm::Verdict> Judge(const std::string& name) const;
    /// The alarm with its state as Judge has it; a change of state is kept with its time.
    [[nodiscard]] core::Result<catalog::Resource> Refresh(catalog::Resource alarm) const;

  private:
    [[nodiscard]] core::Result<Alarm::Verdict> JudgeResource(const catalog::Resource& alarm) const;

    catalog::Catalog& catalog_;
    const MetricStore& metrics_;
    const core::Clock& clock_;
};

/// PutMetricAlarm, DescribeAlarms, DeleteAlarms and SetAlarmState. All outlive the table.
void AddAlarmActions(wire::ActionTable& actions, catalog::Catalog& catalog, const Alarms& alarms,
                     const core::Clock& clock);

}  // namespace gyre::telemetry
