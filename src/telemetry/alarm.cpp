#include "telemetry/alarm.h"

#include <algorithm>
#include <array>

#include "telemetry/detail/metric_documents.h"

namespace gyre::telemetry {
namespace {

using core::Fail;
using core::Json;
using core::Result;

constexpr int64_t kDay = 86'400;

constexpr std::array<std::pair<std::string_view, Alarm::Comparison>, 4> kComparisons{
    {{"GreaterThanOrEqualToThreshold", Alarm::Comparison::kGreaterOrEqual},
     {"GreaterThanThreshold", Alarm::Comparison::kGreater},
     {"LessThanThreshold", Alarm::Comparison::kLess},
     {"LessThanOrEqualToThreshold", Alarm::Comparison::kLessOrEqual}}};
constexpr std::array<std::pair<std::string_view, Alarm::Missing>, 4> kMissing{
    {{"missing", Alarm::Missing::kMissing},
     {"notBreaching", Alarm::Missing::kNotBreaching},
     {"breaching", Alarm::Missing::kBreaching},
     {"ignore", Alarm::Missing::kIgnore}}};

template <typename T, size_t n>
Result<T> Among(const std::array<std::pair<std::string_view, T>, n>& known, const std::string& text,
                const std::string& member) {
    for (const auto& [name, value] : known) {
        if (name == text) return value;
    }
    core::Error error =
        detail::InvalidValue("The value '" + text + "' is not supported for " + member + ".");
    error.code = core::Code::kUnimplemented;
    return Fail(std::move(error));
}

bool Breaches(Alarm::Comparison comparison, double value, double threshold) {
    switch (comparison) {
        case Alarm::Comparison::kGreaterOrEqual:
            return value >= threshold;
        case Alarm::Comparison::kGreater:
            return value > threshold;
        case Alarm::Comparison::kLess:
            return value < threshold;
        case Alarm::Comparison::kLessOrEqual:
            return value <= threshold;
    }
    return false;
}

std::string NumberText(double value) {
    return core::JsonText(Json(value));
}

}  // namespace

std::string_view AlarmStateName(AlarmState state) {
    switch (state) {
        case AlarmState::kOk:
            return "OK";
        case AlarmState::kAlarm:
            return "ALARM";
        case AlarmState::kInsufficientData:
            break;
    }
    return "INSUFFICIENT_DATA";
}

Result<Alarm> Alarm::Read(const Json& document) {
    for (const char* member :
         {"Metrics", "ThresholdMetricId", "EvaluateLowSampleCountPercentile"}) {
        if (core::JsonFind(document, member) == nullptr) continue;
        return Fail(core::Code::kUnimplemented,
                    std::string(member) + " of PutMetricAlarm is not implemented: name one metric");
    }
    Alarm alarm;
    GYRE_ASSIGN(alarm.series, detail::ReadSeries(document));
    if (alarm.series.metric.empty() || alarm.series.name_space.empty()) {
        return Fail(detail::InvalidValue("MetricName and Namespace must be specified."));
    }
    alarm.one_unit = core::JsonFind(document, "Unit") != nullptr;
    std::string statistic = detail::Text(document, "Statistic");
    const std::string extended = detail::Text(document, "ExtendedStatistic");
    if (statistic.empty() == extended.empty()) {
        return Fail(detail::InvalidCombination(
            "Exactly one of Statistic and ExtendedStatistic must be specified."));
    }
    if (statistic.empty()) statistic = extended;
    GYRE_ASSIGN(alarm.statistic, detail::StatisticName::Parse(statistic));
    GYRE_ASSIGN(alarm.comparison, Among(kComparisons, detail::Text(document, "ComparisonOperator"),
                                        "ComparisonOperator"));
    const std::string missing = detail::Text(document, "TreatMissingData");
    if (!missing.empty()) {
        GYRE_ASSIGN(alarm.missing, Among(kMissing, missing, "TreatMissingData"));
    }
    const auto threshold = core::JsonDouble(document, "Threshold");
    if (!threshold) return Fail(detail::InvalidCombination("Threshold must be specified."));
    alarm.threshold = *threshold;
    alarm.period = core::JsonInt(document, "Period").value_or(60);
    alarm.periods = core::JsonInt(document, "EvaluationPeriods").value_or(1);
    alarm.datapoints = core::JsonInt(document, "DatapointsToAlarm").value_or(alarm.periods);
    const bool fine = alarm.period == 1 || alarm.period == 5 || alarm.period == 10 ||
                      alarm.period == 20 || alarm.period == 30 || alarm.period % 60 == 0;
    if (alarm.period < 1 || !fine || alarm.periods < 1 || alarm.period * alarm.periods > 7 * kDay) {
        return Fail(detail::InvalidValue(
            "Period must be 1, 5, 10, 20, 30 or a multiple of 60 seconds, and with "
            "EvaluationPeriods span 7 days at most."));
    }
    if (alarm.datapoints < 1 || alarm.datapoints > alarm.periods) {
        return Fail(detail::InvalidValue("DatapointsToAlarm must be from 1 to EvaluationPeriods."));
    }
    return alarm;
}

MetricStore::Span Alarm::SpanBefore(int64_t now) const {
    const int64_t end = now / period * period;
    return {.start = end - periods * period, .end = end, .period = period};
}

Alarm::Verdict Alarm::Judge(const std::map<int64_t, double>& values, int64_t now,
                            AlarmState before) const {
    const MetricStore::Span span = SpanBefore(now);
    int64_t breaching = 0;
    int64_t missed = 0;
    std::string listed;
    for (int64_t at = span.start; at < span.end; at += period) {
        const auto found = values.find(at);
        if (found == values.end()) {
            missed++;
            if (missing == Missing::kBreaching) breaching++;
            continue;
        }
        if (!listed.empty()) listed += ", ";
        listed += NumberText(found->second);
        if (Breaches(comparison, found->second, threshold)) breaching++;
    }
    const std::string of = std::to_string(breaching) + " of the last " + std::to_string(periods) +
                           " periods [" + listed + "] breached the threshold (" +
                           NumberText(threshold) + ").";
    if (breaching >= datapoints) return {AlarmState::kAlarm, "Threshold Crossed: " + of};
    if (missed == periods && missing != Missing::kNotBreaching) {
        if (missing == Missing::kIgnore) return {before, "No data: the state is kept."};
        return {AlarmState::kInsufficientData, "Insufficient Data: no datapoints were received."};
    }
    return {AlarmState::kOk, "Threshold not crossed: " + of};
}

}  // namespace gyre::telemetry
