#pragma once

#include "core/clock.h"
#include "telemetry/metric_store.h"
#include "wire/action.h"

namespace gyre::telemetry {

/// CloudWatch's PutMetricData, GetMetricData (with metric math), GetMetricStatistics and
/// ListMetrics. Both outlive the table.
void AddMetricActions(wire::ActionTable& actions, MetricStore& metrics, const core::Clock& clock);

}  // namespace gyre::telemetry
