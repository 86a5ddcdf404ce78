#pragma once

#include <functional>
#include <string>
#include <utility>

#include "catalog/catalog.h"
#include "core/clock.h"
#include "telemetry/alarm.h"
#include "telemetry/metric_store.h"
#include "wire/action.h"

namespace gyre::telemetry {

inline constexpr const char* kAlarmKind = "cloudwatch.alarm";

/// CloudWatch's alarms over the metrics that are here. Thread-safe.
class Alarms {
  public:
    /// Publishes a message to a topic.
    using Publish = std::function<void(const std::string& topic_arn, const core::Json& message)>;

    /// All outlive it. `publish` may be empty, and `judges` too, which says whether the metrics
    /// here are those to judge by now; where they are not, states are what another server wrote.
    Alarms(catalog::Catalog& catalog, const MetricStore& metrics, const core::Clock& clock,
           Publish publish = {}, std::function<bool()> judges = {})
        : catalog_(catalog),
          metrics_(metrics),
          clock_(clock),
          publish_(std::move(publish)),
          judges_(std::move(judges)) {}

    /// The state now. Errors: kNotFound.
    [[nodiscard]] core::Result<Alarm::Verdict> Judge(const std::string& name) const;
    /// The alarm with its state as Judge has it; a change of state is kept with its time.
    [[nodiscard]] core::Result<catalog::Resource> Refresh(catalog::Resource alarm) const;
    /// Refreshes all of them. Now and then.
    void RefreshAll() const;
    /// To be called after a change of state: publishes it to the topics among the actions for the
    /// state that the alarm has now.
    void Announce(const catalog::Resource& alarm, AlarmState before) const;

  private:
    [[nodiscard]] core::Result<Alarm::Verdict> JudgeResource(const catalog::Resource& alarm) const;

    catalog::Catalog& catalog_;
    const MetricStore& metrics_;
    const core::Clock& clock_;
    const Publish publish_;
    const std::function<bool()> judges_;
};

/// PutMetricAlarm, DescribeAlarms, DeleteAlarms and SetAlarmState. All outlive the table.
void AddAlarmActions(wire::ActionTable& actions, catalog::Catalog& catalog, const Alarms& alarms,
                     const core::Clock& clock);

}  // namespace gyre::telemetry
