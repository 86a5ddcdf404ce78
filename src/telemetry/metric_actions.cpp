#include "telemetry/metric_actions.h"

#include <algorithm>
#include <utility>

#include "core/digest.h"
#include "telemetry/detail/levels.h"
#include "telemetry/detail/metric_documents.h"
#include "telemetry/detail/statistic_name.h"

namespace gyre::telemetry {
namespace {

using core::Json;
using core::JsonObject;
using core::Result;

constexpr int64_t kMaxDatapoints = 1440;
constexpr size_t kListPage = 500;

Result<std::vector<std::pair<std::string, detail::StatisticName>>> StatisticsOf(
    const Json& input, std::string_view member) {
    std::vector<std::pair<std::string, detail::StatisticName>> names;
    const Json* list = core::JsonFind(input, member);
    if (!list || !list->is_array()) return names;
    for (const Json& text : list->as_array()) {
        GYRE_ASSIGN(const auto name, detail::StatisticName::Parse(text.as_string()));
        names.emplace_back(text.as_string(), name);
    }
    return names;
}

Result<Json> GetMetricStatistics(const MetricStore& metrics, const Json& input,
                                 core::WallTime now) {
    GYRE_ASSIGN(const Series series, detail::ReadSeries(input));
    GYRE_ASSIGN(const auto plain, StatisticsOf(input, "Statistics"));
    GYRE_ASSIGN(const auto extended, StatisticsOf(input, "ExtendedStatistics"));
    if (plain.empty() && extended.empty()) {
        return core::Fail(
            detail::InvalidCombination("At least one of Statistics and ExtendedStatistics must be "
                                       "specified."));
    }
    GYRE_ASSIGN(const auto span,
                detail::ReadSpan(input, core::JsonInt(input, "Period").value_or(60), now));
    const int64_t wanted = (span.end - span.start + span.period - 1) / span.period;
    if (wanted > kMaxDatapoints) {
        return core::Fail(detail::InvalidCombination(
            "You have requested up to " + std::to_string(wanted) +
            " datapoints, which exceeds the limit of 1440. You may reduce the datapoints requested "
            "by increasing Period, or decreasing the time range."));
    }
    std::vector<Series> units{series};
    if (!core::JsonFind(input, "Unit")) units = metrics.UnitsOf(series);
    core::JsonArray datapoints;
    for (const Series& of_unit : units) {
        GYRE_ASSIGN(const auto points, metrics.Query(of_unit, span));
        for (const auto& [time, statistic] : points) {
            JsonObject point{{"Timestamp", time}, {"Unit", of_unit.unit}};
            for (const auto& [name, kind] : plain) point[name] = kind.Of(statistic).value_or(0);
            JsonObject percentiles;
            for (const auto& [name, kind] : extended) {
                if (const auto value = kind.Of(statistic)) percentiles[name] = *value;
            }
            if (!percentiles.empty()) point["ExtendedStatistics"] = std::move(percentiles);
            datapoints.push_back(std::move(point));
        }
    }
    return JsonObject{{"Label", series.metric}, {"Datapoints", std::move(datapoints)}};
}

bool HasDimensions(const Series& series, const Json& input) {
    const Json* wanted = core::JsonFind(input, "Dimensions");
    if (!wanted || !wanted->is_array()) return true;
    return std::all_of(
        wanted->as_array().begin(), wanted->as_array().end(), [&](const Json& filter) {
            const std::string name = detail::Text(filter, "Name");
            const auto value = core::JsonString(filter, "Value");
            return std::any_of(
                series.dimensions.begin(), series.dimensions.end(), [&](const auto& dimension) {
                    return dimension.first == name && (!value || dimension.second == *value);
                });
        });
}

Result<Json> ListMetrics(const MetricStore& metrics, const Json& input, core::WallTime now) {
    const int64_t second = std::chrono::floor<core::seconds>(now).time_since_epoch().count();
    const bool recent = detail::Text(input, "RecentlyActive") == "PT3H";
    const int64_t since = second - (recent ? 3 * detail::kHour : 15 * detail::kDay);
    const std::string metric = detail::Text(input, "MetricName");
    std::string after;
    if (const auto token = core::JsonString(input, "NextToken")) {
        const auto decoded = core::Base64Decode(*token);
        if (!decoded) return core::Fail(detail::InvalidValue("The NextToken is not one of ours."));
        after = *decoded;
    }
    core::JsonArray list;
    JsonObject output;
    std::string last;
    for (const auto& [series, time] : metrics.List(detail::Text(input, "Namespace"), since)) {
        if (!metric.empty() && series.metric != metric) continue;
        const std::string key = series.KeyPrefix();
        // The units of one metric are one entry.
        if (key <= after || key == last || !HasDimensions(series, input)) continue;
        if (list.size() == kListPage) {
            output["NextToken"] = core::Base64Encode(last);
            break;
        }
        list.push_back(JsonObject{{"Namespace", series.name_space},
                                  {"MetricName", series.metric},
                                  {"Dimensions", detail::DimensionsDocument(series)}});
        last = key;
    }
    output["Metrics"] = std::move(list);
    return output;
}

}  // namespace

void AddMetricActions(wire::ActionTable& actions, MetricStore& metrics, const core::Clock& clock) {
    const auto add = [&](const char* operation, auto handler) {
        wire::Action action;
        action.service = "cloudwatch";
        action.operation = operation;
        action.permission = std::string("cloudwatch:") + operation;
        action.document = [&metrics, &clock, handler](const wire::CallContext&, const Json& input) {
            return handler(metrics, input, clock.WallNow());
        };
        actions.Add(std::move(action));
    };
    add("PutMetricData", detail::PutMetricData);
    add("GetMetricData", detail::GetMetricData);
    add("GetMetricStatistics", GetMetricStatistics);
    add("ListMetrics", ListMetrics);
}

}  // namespace gyre::telemetry
