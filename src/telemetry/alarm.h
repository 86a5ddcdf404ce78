#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "core/json.h"
#include "core/result.h"
#include "telemetry/detail/statistic_name.h"
#include "telemetry/metric_store.h"

namespace gyre::telemetry {

enum class AlarmState { kOk, kAlarm, kInsufficientData };
/// "OK", "ALARM", "INSUFFICIENT_DATA".
[[nodiscard]] std::string_view AlarmStateName(AlarmState state);

/// A threshold over one metric, as PutMetricAlarm's document says it.
struct Alarm {
    enum class Comparison { kGreaterOrEqual, kGreater, kLess, kLessOrEqual };
    enum class Missing { kMissing, kNotBreaching, kBreaching, kIgnore };

    Series series;
    bool one_unit = false;  ///< the document names the unit
    detail::StatisticName statistic;
    Comparison comparison = Comparison::kGreater;
    double threshold = 0;
    int64_t period = 60;     ///< seconds
    int64_t periods = 1;     ///< EvaluationPeriods
    int64_t datapoints = 1;  ///< DatapointsToAlarm: so many of the periods breach
    Missing missing = Missing::kMissing;

    /// Errors: InvalidParameterValue and its kind; kUnimplemented for metric math and anomaly
    /// detection.
    [[nodiscard]] static core::Result<Alarm> Read(const core::Json& document);

    struct Verdict {
        AlarmState state = AlarmState::kInsufficientData;
        std::string reason;
    };
    /// Of the whole periods before `now` (epoch seconds). `values`: by the second that a period
    /// begins with. `before`: the state that it had, which kIgnore keeps.
    [[nodiscard]] Verdict Judge(const std::map<int64_t, double>& values, int64_t now,
                                AlarmState before) const;
    /// The span that Judge wants values of.
    [[nodiscard]] MetricStore::Span SpanBefore(int64_t now) const;
};

}  // namespace gyre::telemetry
