#include "telemetry/detail/metric_documents.h"

#include <algorithm>
#include <cmath>

#include "telemetry/detail/levels.h"

namespace gyre::telemetry::detail {
namespace {

bool HasControls(std::string_view text) {
    return std::any_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

core::Error Named(const char* name, std::string message) {
    core::Error error(core::Code::kInvalidArgument, name, std::move(message));
    error.http_status = 400;
    return error;
}

}  // namespace

core::Error InvalidValue(std::string message) {
    return Named("InvalidParameterValue", std::move(message));
}

core::Error InvalidCombination(std::string message) {
    return Named("InvalidParameterCombination", std::move(message));
}

std::string Text(const core::Json& input, std::string_view member) {
    return core::JsonStringOr(input, member);
}

core::Result<Series> ReadSeries(const core::Json& document) {
    Series series;
    series.name_space = Text(document, "Namespace");
    series.metric = Text(document, "MetricName");
    if (const auto unit = core::JsonString(document, "Unit")) series.unit = *unit;
    const core::Json* dimensions = core::JsonFind(document, "Dimensions");
    if (dimensions && dimensions->is_array()) {
        for (const core::Json& dimension : dimensions->as_array()) {
            series.dimensions.emplace_back(Text(dimension, "Name"), Text(dimension, "Value"));
        }
    }
    std::sort(series.dimensions.begin(), series.dimensions.end());
    const auto twice =
        std::adjacent_find(series.dimensions.begin(), series.dimensions.end(),
                           [](const auto& a, const auto& b) { return a.first == b.first; });
    if (twice != series.dimensions.end()) {
        return core::Fail(InvalidValue("The dimension " + twice->first + " stands twice."));
    }
    bool controls = HasControls(series.name_space) || HasControls(series.metric);
    for (const auto& [name, value] : series.dimensions) {
        controls = controls || HasControls(name) || HasControls(value);
    }
    if (controls) {
        return core::Fail(InvalidValue("Names and values of metrics hold no control characters."));
    }
    return series;
}

core::JsonArray DimensionsDocument(const Series& series) {
    core::JsonArray dimensions;
    for (const auto& [name, value] : series.dimensions) {
        dimensions.push_back(core::JsonObject{{"Name", name}, {"Value", value}});
    }
    return dimensions;
}

core::Result<MetricStore::Span> ReadSpan(const core::Json& document, int64_t period,
                                         core::WallTime now) {
    const bool fine = period == 1 || period == 5 || period == 10 || period == 20 || period == 30;
    if (!fine && (period < 60 || period % 60 != 0 || period > 86'400 * 365)) {
        return core::Fail(
            InvalidValue("The parameter Period must be 1, 5, 10, 20, 30 or a "
                         "multiple of 60."));
    }
    const double start = core::JsonDouble(document, "StartTime").value_or(0);
    const double end = core::JsonDouble(document, "EndTime").value_or(0);
    if (!(start < end) || std::abs(start) > 1e11 || std::abs(end) > 1e11) {
        return core::Fail(
            InvalidCombination("The parameter StartTime must be less than the parameter EndTime."));
    }
    const int64_t second = static_cast<int64_t>(std::floor(start));
    const int64_t age = std::chrono::floor<core::seconds>(now).time_since_epoch().count() - second;
    int64_t step = std::min<int64_t>(period, 60);
    if (age > kLevels[1].keep) step = kLevels[2].step;
    if (age > kLevels[2].keep) step = kLevels[3].step;
    return MetricStore::Span{FloorTo(second, step), static_cast<int64_t>(std::ceil(end)), period};
}

core::Result<std::map<int64_t, Statistic>> QueryUnits(const MetricStore& metrics,
                                                      const Series& series, bool one_unit,
                                                      const MetricStore::Span& span) {
    if (one_unit) return metrics.Query(series, span);
    std::map<int64_t, Statistic> all;
    for (const Series& of_unit : metrics.UnitsOf(series)) {
        GYRE_ASSIGN(const auto points, metrics.Query(of_unit, span));
        for (const auto& [time, value] : points) all[time].Merge(value);
    }
    return all;
}

}  // namespace gyre::telemetry::detail
