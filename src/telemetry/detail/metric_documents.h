#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "core/result.h"
#include "telemetry/metric_store.h"

namespace gyre::telemetry::detail {

[[nodiscard]] core::Error InvalidValue(std::string message);        ///< InvalidParameterValue
[[nodiscard]] core::Error InvalidCombination(std::string message);  ///< InvalidParameterCombination

[[nodiscard]] std::string Text(const core::Json& input, std::string_view member);

/// Namespace, MetricName, Dimensions (sorted by name) and Unit of the document. Errors:
/// InvalidParameterValue for a dimension that stands twice or a text with control characters.
[[nodiscard]] core::Result<Series> ReadSeries(const core::Json& document);
[[nodiscard]] core::JsonArray DimensionsDocument(const Series& series);

/// What StartTime, EndTime and the period mean: the start is rounded as CloudWatch does, to the
/// minute, to five minutes or to the hour by its age. Errors: InvalidParameterValue for a period
/// that is none, InvalidParameterCombination for an end that is not after the start.
[[nodiscard]] core::Result<MetricStore::Span> ReadSpan(const core::Json& document, int64_t period,
                                                       core::WallTime now);

/// All units' values together, unless the series was asked for by its unit.
[[nodiscard]] core::Result<std::map<int64_t, Statistic>> QueryUnits(const MetricStore& metrics,
                                                                    const Series& series,
                                                                    bool one_unit,
                                                                    const MetricStore::Span& span);

[[nodiscard]] core::Result<core::Json> PutMetricData(MetricStore& metrics, const core::Json& input,
                                                     core::WallTime now);
[[nodiscard]] core::Result<core::Json> GetMetricData(const MetricStore& metrics,
                                                     const core::Json& input, core::WallTime now);

}  // namespace gyre::telemetry::detail
